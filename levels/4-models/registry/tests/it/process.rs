//! The registry as a process of its own, which is killed without a warning: these tests' own program, started again.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_registry::{Config, build};
use strata_runtime::{Scope, clock};

const PATIENCE: Duration = Duration::from_mins(1);
const FOLDER: &str = "STRATA_TEST_REGISTRY_FOLDER";
const PORT: &str = "STRATA_TEST_REGISTRY_PORT";

/// Killed at the latest when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) base: String,
}

impl Process {
    /// On this folder, once it answers.
    pub(crate) async fn start(folder: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "process::serve", "--ignored"]).env(FOLDER, folder).env(PORT, port.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let process = Self { child, base: format!("http://127.0.0.1:{port}") };
        let begun = Instant::now();
        while reqwest::get(format!("{}/health", process.base)).await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "the registry does not answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        process
    }

    /// As when the power goes, as far as a process can tell.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is no test: it is the process that tests start"]
async fn serve() {
    let (Ok(folder), Ok(port)) = (std::env::var(FOLDER), std::env::var(PORT)) else { return };
    let config = Config { port: port.parse().unwrap(), ..Config::new(folder) };
    let registry = build(&config, Arc::new(clock::System)).await.unwrap();
    registry.run(&Scope::root("registry")).await.unwrap();
}
