//! A Redis server.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{program, show, start};

/// A Redis server that syncs every write to its folder.
#[derive(Debug)]
pub struct RedisServer {
    program: PathBuf,
    child: Child,
    folder: TempDir,
}

impl RedisServer {
    /// `None`, and said to be skipped, where there is no Redis.
    pub fn start() -> Option<Self> {
        let program = program("redis-server", &[])?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let child = run(&program, &folder);
        Some(Self { program, child, folder })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("redis+unix://{}/redis.sock", show(self.folder.path()))
    }

    /// Kills it, as a crash would, and starts it again over the same folder.
    pub fn restart(&mut self) {
        self.stop();
        self.child = run(&self.program, &self.folder);
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(program: &PathBuf, folder: &TempDir) -> Child {
    let mut command = Command::new(program);
    command.args(["--port", "0", "--unixsocket", "redis.sock", "--dir", show(folder.path())]);
    command.args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
    command.current_dir(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null());
    start(&mut command, |child| child.stdout.take(), "eady to accept connections")
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
