//! The suite over each backend.

use std::path::Path;
use std::process::{Command, Stdio};

use strata_testkit::MlflowServer;
use strata_tracking::{Credentials, Error, Tracking};

use crate::registry::Registry;
use crate::suite;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_this_process() {
    let registry = Registry::start(None).await;
    suite::holds(&registry.inside, &registry.url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http() {
    let registry = Registry::start(None).await;
    let tracking = Tracking::at(&format!("{}/", registry.url), Credentials::default()).unwrap();
    suite::holds(&tracking, &registry.url).await;
    if let Some(python) = strata_testkit::mlflow() {
        finds_what_python_logged(&tracking, &registry.url, &python).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_mlflows_own_server() {
    let Some(server) = MlflowServer::start() else { return };
    let tracking = Tracking::at(server.url(), Credentials::default()).unwrap();
    suite::holds(&tracking, server.url()).await;
    if let Some(python) = strata_testkit::mlflow() {
        finds_what_python_logged(&tracking, server.url(), &python).await;
    }
}

/// MLflow 3's client makes versions of logged models, whose files lie elsewhere than a run's.
async fn finds_what_python_logged(tracking: &Tracking, url: &str, python: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/log_model.py");
    let output = Command::new(python).arg(script).arg(url).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let version = tracking.resolve("theirs", "champion").await.unwrap().unwrap();
    assert_eq!(version.version, "1");
    let files = tracking.files(&version).await.unwrap();
    assert!(files.contains(&"MLmodel".to_owned()) && files.contains(&"python_model.pkl".to_owned()), "{files:?}");
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("MLmodel");
    tracking.fetch(&version, "MLmodel", &to, 1 << 20).await.unwrap();
    assert!(std::fs::read_to_string(&to).unwrap().contains("python_function"));
}

/// As MLflow's client, it is who its variables say that it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_for_users_lets_users_in() {
    const PASSWORD: &str = "an admin's password";
    let registry = Registry::start(Some(PASSWORD)).await;
    let at = |credentials| Tracking::at(&registry.url, credentials).unwrap();
    let error = at(Credentials::default()).check().await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 401, .. }), "{error}");
    assert!(error.to_string().contains("MLFLOW_TRACKING_TOKEN"), "{error}");
    for wrong in [Credentials::basic("admin", "a guess"), Credentials::token("a guess")] {
        assert!(matches!(at(wrong).check().await, Err(Error::Refused { status: 401, .. })));
    }
    at(Credentials::basic("admin", PASSWORD)).check().await.unwrap();
}
