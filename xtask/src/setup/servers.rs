//! The real servers that the suites run over: Redis and Postgres. Without them the suites say that they were skipped.

use std::env;
use std::fs;

use super::apt;

/// A server that the tests start for themselves.
struct Server {
    program: &'static str,
    package: &'static str,
    /// Where Debian puts a program for each version, off the path.
    versions: &'static str,
}

const SERVERS: [Server; 2] = [
    Server { program: "redis-server", package: "redis-server", versions: "" },
    Server { program: "initdb", package: "postgresql", versions: "/usr/lib/postgresql" },
];

/// Installs those that are missing, and says what it did. What cannot be installed is only skipped.
pub(super) fn install() {
    let missing: Vec<_> = SERVERS.iter().filter(|server| !is_here(server)).map(|server| server.package).collect();
    if missing.is_empty() {
        eprintln!("setup: Redis and Postgres are here");
        return;
    }
    let reason = format!("the suites run over real servers too: {} missing", missing.join(" and "));
    if let Err(error) = apt::install(&reason, &missing) {
        eprintln!("setup: {error:#}");
        eprintln!("setup: the tests that need them will say that they were skipped");
    } else {
        eprintln!("setup: installed {}", missing.join(" and "));
    }
}

fn is_here(server: &Server) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir(server.versions).into_iter().flatten().flatten();
    let versions = versions.map(|version| version.path().join("bin"));
    env::split_paths(&path).chain(versions).any(|folder| folder.join(server.program).is_file())
}
