//! The real MLflow server: what it kept is here as it said it, and what goes out it serves as it was.
//!
//! Only where `STRATA_MLFLOW` names a Python with the whole of MLflow.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use strata_registry::lifecycle::{From, To};

use super::{KEY, sqlite, store};
use crate::api::Api;

/// Ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        use std::os::unix::process::CommandExt;
        // Its workers are in its group.
        let group = format!("-{}", self.child.id());
        let mut kill = Command::new("kill");
        let _ = kill.args(["--", &group]).process_group(0).status();
        let _ = self.child.wait();
    }
}

/// Over `mlflow.db` and `artifacts` of a folder.
async fn server(python: &Path, folder: &Path) -> Server {
    use std::os::unix::process::CommandExt;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new(python);
    command.args(["-m", "mlflow", "server", "--workers", "1", "--port", &port.to_string()]);
    command.arg("--backend-store-uri").arg(format!("sqlite:///{}", folder.join("mlflow.db").display()));
    command.arg("--artifacts-destination").arg(folder.join("artifacts"));
    command.env("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true").env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false");
    command.env("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY", KEY).current_dir(folder);
    let child = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let server = Server { child, url: format!("http://127.0.0.1:{port}") };
    let until = Instant::now() + Duration::from_mins(3);
    while reqwest::get(format!("{}/health", server.url)).await.is_err() {
        assert!(Instant::now() < until, "MLflow's server did not answer");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    server
}

/// Runs a script of e2e/python; it must end well.
fn script(python: &Path, name: &str, words: &[&str]) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../e2e/python").join(name);
    let done = Command::new(python).arg(script).args(words).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{name}: {said}\n{}", String::from_utf8_lossy(&done.stderr));
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_store_moves_in_and_out_again() {
    let Some(python) = strata_testkit::mlflow() else { return };
    let (theirs, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let real = server(&python, theirs.path()).await;
    script(&python, "fill_mlflow_store.py", &[&real.url]);

    let api = Api::sqlite().await;
    let store = store(&api).await;
    let mut from = From::new(sqlite(&theirs.path().join("mlflow.db")));
    from.artifacts = Some(theirs.path().join("artifacts").display().to_string());
    store.import(&from, &mut |_, _, _| {}).await.unwrap();
    // The key of webhooks' secrets is not set in this process, so the one with a secret came disabled.
    let same = script(&python, "compare_mlflow_stores.py", &[&real.url, api.base(), "--without-webhooks"]);
    assert!(same.contains("\"differ\": 0"), "{same}");

    let artifacts = Some(out.path().join("artifacts").display().to_string());
    let to = To { database: sqlite(&out.path().join("mlflow.db")), artifacts };
    store.export(&to, &mut |_, _, _| {}).await.unwrap();
    let again = server(&python, out.path()).await;
    // Nor is a passphrase of one's own, without which secrets of the gateway stay.
    let options = ["--without-webhooks", "--without-secrets"];
    let same = script(&python, "compare_mlflow_stores.py", &[&[&*real.url, &again.url], &options[..]].concat());
    assert!(same.contains("\"differ\": 0"), "{same}");
}
