//! The endpoint, driven by boto3, PyArrow, Polars and the `deltalake` package.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use strata_runtime::Scope;
use strata_s3::{Config, Credentials, Endpoint, buckets};

/// Faults 19, 21: listings have all their pages, and nobody gets in without a signature.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_peoples_clients_find_what_they_expect_of_s3() {
    let Some(python) = strata_testkit::python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../e2e/python/check_s3.py");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config/s3-credentials");
    let config = Config {
        address: ([127, 0, 0, 1], 0).into(),
        folder: folder.path().to_owned(),
        buckets: buckets(),
        credentials: Credentials::open(&file).unwrap(),
    };
    let endpoint = Endpoint::bind(config).await.unwrap();
    let url = format!("http://{}", endpoint.address());
    let scope = Scope::root("test");
    endpoint.run(&scope);

    // As Strata writes the lake: files, not by S3.
    let key = "patient-vitals/date=2026-01-01/hour=00/live-03-00000000000000000000.ndjson.zst";
    let object = folder.path().join("raw").join(key);
    std::fs::create_dir_all(object.parent().unwrap()).unwrap();
    std::fs::write(object, "{}\n").unwrap();

    let mut client = Command::new(python);
    client.arg(script).arg(url).arg(file).args(["raw", key]);
    let output = tokio::task::spawn_blocking(move || client.output().unwrap()).await.unwrap();
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{error}");
    scope.close(Duration::from_secs(10)).await.unwrap();
    assert!(scope.failure().is_none(), "{:?}", scope.failure());
}
