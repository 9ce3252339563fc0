//! MLflow's own server, in Python.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{show, start};

/// MLflow's own server with an empty store, at a free port of the loopback. It takes some twenty seconds to start.
#[derive(Debug)]
pub struct MlflowServer {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl MlflowServer {
    /// `None`, and said to be skipped, where there is no Python with MLflow.
    pub fn start() -> Option<Self> {
        let python = crate::mlflow()?;
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("a port is free").port().to_string();
        let mut server = Command::new(python);
        server.args(["-m", "mlflow", "server", "--workers", "1", "--port", &port]);
        server.arg("--backend-store-uri").arg(format!("sqlite:///{}/mlflow.db", show(folder.path())));
        server.arg("--artifacts-destination").arg(folder.path().join("artifacts"));
        server.env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false").current_dir(folder.path());
        // It starts processes of its own, which end with the group.
        server.process_group(0).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = start(&mut server, |child| child.stderr.take(), "Application startup complete");
        Some(Self { child, url: format!("http://127.0.0.1:{port}"), _folder: folder })
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for MlflowServer {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}
