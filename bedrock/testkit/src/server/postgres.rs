//! A Postgres server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{program, show, start};

/// A Postgres server with an empty database `strata`, for a user of that name without a password.
///
/// Postgres refuses to run as root; then it runs as the system's user `postgres`, which its package makes.
#[derive(Debug)]
pub struct PostgresServer {
    child: Child,
    programs: PathBuf,
    user: Option<User>,
    folder: TempDir,
}

#[derive(Clone, Copy, Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl PostgresServer {
    /// `None`, and said to be skipped, where there is no Postgres or no user to run it as.
    pub fn start() -> Option<Self> {
        let initdb = program("initdb", &debian_folders())?;
        let programs = initdb.parent().expect("a program lies in a folder").to_owned();
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let user = if is_root(folder.path()) {
            let Some(user) = system_user() else {
                crate::skip("Postgres does not run as root, and there is no user `postgres`");
                return None;
            };
            std::os::unix::fs::chown(folder.path(), Some(user.uid), Some(user.gid))
                .expect("root may give a folder away");
            Some(user)
        } else {
            None
        };

        let mut initdb = as_user(&programs.join("initdb"), user);
        initdb.args(["--auth", "trust", "--username", "strata", "--encoding", "UTF8", "--no-locale", "--no-sync"]);
        initdb.arg("--pgdata").arg(folder.path().join("data")).current_dir(folder.path());
        let made = initdb.output().expect("initdb starts");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));

        let mut server = as_user(&programs.join("postgres"), user);
        server.arg("-D").arg(folder.path().join("data")).args(["-k", show(folder.path()), "-c", "listen_addresses="]);
        server.args(["-c", "fsync=off", "-c", "shared_buffers=16MB"]);
        server.current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = start(&mut server, |child| child.stderr.take(), "database system is ready to accept connections");

        let server = Self { child, programs, user, folder };
        let mut createdb = as_user(&server.programs.join("createdb"), server.user);
        let created = createdb.args(["-h", show(server.folder.path()), "-U", "strata", "strata"]).output();
        let created = created.expect("createdb starts");
        assert!(created.status.success(), "createdb: {}", String::from_utf8_lossy(&created.stderr));
        Some(server)
    }

    /// The database `strata`.
    pub fn url(&self) -> String {
        let socket = show(self.folder.path()).replace('/', "%2F");
        format!("postgres://strata@{socket}/strata")
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let mut stop = as_user(&self.programs.join("pg_ctl"), self.user);
        stop.arg("-D").arg(self.folder.path().join("data")).args(["-m", "immediate", "stop"]);
        let stopped = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Debian keeps the server's programs off the path, in a folder for each version; the newest first.
fn debian_folders() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort_unstable();
    versions.reverse();
    versions
}

/// Whether this process is root: what it makes belongs to user 0.
fn is_root(made_by_us: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(made_by_us).is_ok_and(|metadata| metadata.uid() == 0)
}

/// `postgres:x:101:104:...`
fn system_user() -> Option<User> {
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let mut fields = users.lines().find_map(|line| line.strip_prefix("postgres:"))?.split(':').skip(1);
    Some(User { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
}

fn as_user(program: &Path, user: Option<User>) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}
