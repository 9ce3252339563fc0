//! The two stores against the suite, and what each does alone.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};
use strata_objects::S3;
use strata_runtime::Scope;
use strata_s3::{Bucket, Config, Credentials, Endpoint};
use tempfile::TempDir;

use crate::suite::{self, Client};
use crate::{ArtifactPath, Artifacts, router};

const ROOT: &str = "/api/2.0/mlflow-artifacts";

fn directory(root: &Path) -> Artifacts {
    Artifacts::open(&format!("file://{}", root.display()), &S3::default()).unwrap()
}

#[tokio::test]
async fn a_directory_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("made/when/missing");
    suite::check(&directory(&root)).await;
    let left: Vec<_> = fs::read_dir(root.join(".strata-incoming")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(fs::read(root.join("0/run/artifacts/a.txt")).unwrap(), b"hello\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_passes_the_suite() {
    let server = Server::start().await;
    suite::check(&server.artifacts("s3://artifacts/below/here")).await;
    assert!(server.folder.path().join("artifacts/below/here/0/run/artifacts/a.txt").is_file());
    server.stop().await;
}

#[tokio::test]
async fn no_link_leads_out_of_a_directory() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(outside.path().join("secret"), "secret").unwrap();
    fs::write(folder.path().join("inside"), "inside").unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink(outside.path().join("secret"), folder.path().join("file")).unwrap();
    symlink(outside.path().join("absent"), folder.path().join("dangling")).unwrap();
    symlink(folder.path().join("inside"), folder.path().join("link")).unwrap();
    let client = Client(router(directory(folder.path())));
    for path in ["out/secret", "out/new", "file", "dangling", "out/x/y"] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = client.ask(method, &format!("{ROOT}/artifacts/{path}"), &[], "x".into()).await;
            assert_eq!(answer.error().0, 400, "{method} {path}");
        }
    }
    assert_eq!(client.get("link").await.body, "inside");
    let listed = client.ask("GET", &format!("{ROOT}/artifacts"), &[], Body::empty()).await.json();
    let names: Vec<_> = listed["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(names, ["inside", "link"]);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(fs::read(outside.path().join("secret")).unwrap(), b"secret");
}

#[tokio::test]
async fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client(router(directory(folder.path())));
    for (path, expected) in [("a", 200), ("a/b", 400), ("a/b/c", 400), ("d/e", 200), ("d", 400)] {
        let answer = client.ask("PUT", &format!("{ROOT}/artifacts/{path}"), &[], "x".into()).await;
        assert_eq!(answer.status.as_u16(), expected, "{path}: {:?}", answer.body);
    }
    assert_eq!(client.get("a/b").await.error().0, 404);
    let hidden = client.ask("PUT", &format!("{ROOT}/artifacts/.strata-incoming/x"), &[], "x".into()).await;
    assert_eq!(hidden.error().0, 400);
}

#[tokio::test]
async fn what_a_killed_process_left_is_cleared() {
    let folder = tempfile::tempdir().unwrap();
    drop(directory(folder.path()));
    let incoming = folder.path().join(".strata-incoming");
    for name in ["old", "young"] {
        fs::write(incoming.join(name), "ha").unwrap();
    }
    fs::create_dir_all(incoming.join("tree/of/files")).unwrap();
    for name in ["old", "tree"] {
        fs::File::open(incoming.join(name)).unwrap().set_modified(UNIX_EPOCH).unwrap();
    }
    drop(directory(folder.path()));
    let left: Vec<_> = fs::read_dir(incoming).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["young"], "it may be of a process that lives");
}

/// As MLflow's own server over a directory: clients then go on through the proxy.
#[tokio::test]
async fn a_directory_signs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = directory(folder.path());
    assert!(!artifacts.signs());
    let client = Client(router(artifacts));
    let body = json!({"path": "/tmp/x", "num_parts": 2, "upload_id": "1", "parts": [{"part_number": 1, "etag": "e"}]});
    for action in ["create", "complete", "abort"] {
        let answer = client.ask("POST", &format!("{ROOT}/mpu/{action}/a"), &[], body.to_string().into()).await;
        let expected = "Multipart upload is not supported for the current artifact repository";
        assert_eq!(answer.error(), (501, "NOT_IMPLEMENTED".to_owned(), expected.to_owned()), "{action}");
    }
    let answer = client.ask("GET", &format!("{ROOT}/presigned/a/b"), &[], Body::empty()).await;
    assert_eq!(answer.error().0, 501);
    let answer = client.ask("POST", &format!("{ROOT}/mpu/create/a"), &[], "{\"num_parts\": 2}".into()).await;
    let expected = "Missing value for required parameter 'path'. See the API docs for more information about request \
                    parameters.";
    assert_eq!(answer.error(), (400, "INVALID_PARAMETER_VALUE".to_owned(), expected.to_owned()));
    let answer = client.ask("POST", &format!("{ROOT}/mpu/create/a"), &[], "{\"path\": \"..\"}".into()).await;
    assert_eq!(answer.error().2, "Invalid path");
}

/// As a client does it: the parts and the artifact go between it and S3, by addresses that are signed here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_go_to_s3_by_themselves() {
    let server = Server::start().await;
    let artifacts = server.artifacts("s3://artifacts/below");
    assert!(artifacts.signs());
    let client = Client(router(artifacts));
    let post = async |action: &str, body: Value| {
        client.ask("POST", &format!("{ROOT}/mpu/{action}/0/run%20x"), &[], body.to_string().into()).await
    };
    let begun = post("create", json!({"path": "C:\\tmp\\large file.bin", "num_parts": "2"})).await.json();
    let parts = ["a".repeat(5 << 20), "the rest".to_owned()];
    let mut sent = Vec::new();
    for (credential, part) in begun["credentials"].as_array().unwrap().iter().zip(&parts) {
        let (url, part) = (credential["url"].as_str().unwrap().to_owned(), part.clone());
        let put = move || ureq::put(&url).send(part.as_bytes()).unwrap();
        let response = tokio::task::spawn_blocking(put).await.unwrap();
        let tag = response.headers()["etag"].to_str().unwrap().to_owned();
        sent.push(json!({"part_number": credential["part_number"], "etag": tag}));
    }
    let name = "0/run%20x/large%20file.bin";
    assert_eq!(client.get(name).await.status, StatusCode::NOT_FOUND);
    let whole = json!({"path": "/tmp/large file.bin", "upload_id": begun["upload_id"], "parts": sent});
    let answer = post("complete", whole.clone()).await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({})));
    assert!(client.get(name).await.body == parts.concat());
    assert_eq!(post("complete", whole).await.status, StatusCode::NOT_FOUND);

    let answer = client.ask("GET", &format!("{ROOT}/presigned/{name}"), &[], Body::empty()).await.json();
    assert_eq!((&answer["file_size"], &answer["headers"]), (&json!((5 << 20) + 8), &json!({})));
    let url = answer["url"].as_str().unwrap().to_owned();
    let get = move |url: String| move || ureq::get(&url).call();
    let mut response = tokio::task::spawn_blocking(get(url.clone())).await.unwrap().unwrap();
    assert!(response.body_mut().with_config().limit(10 << 20).read_to_string().unwrap() == parts.concat());
    // Nobody leads it elsewhere.
    let other = url.replace("large%20file.bin?", "other?");
    assert_ne!(other, url);
    assert!(matches!(tokio::task::spawn_blocking(get(other)).await.unwrap(), Err(ureq::Error::StatusCode(403))));
    let absent = client.ask("GET", &format!("{ROOT}/presigned/0/nothing"), &[], Body::empty()).await;
    assert_eq!(absent.error().0, 404);

    let begun = post("create", json!({"path": "x", "num_parts": 1})).await.json();
    let aborted = post("abort", json!({"path": "x", "upload_id": begun["upload_id"]})).await;
    assert_eq!((aborted.status, aborted.json()), (StatusCode::OK, json!({})));
    for parts in [json!(0), json!(10_001), json!("x"), json!(null)] {
        assert_eq!(post("create", json!({"path": "x", "num_parts": parts})).await.error().0, 400, "{parts}");
    }
    server.stop().await;
}

#[test]
fn what_cannot_be_opened_explains_itself() {
    let error = |root: &str| Artifacts::open(root, &S3::default()).unwrap_err().to_string();
    assert!(error("gs://bucket").contains("give a folder, file:///FOLDER or s3://BUCKET/PREFIX"));
    assert!(error("s3://").contains("no bucket"));
    assert!(ArtifactPath::default().is_root());
}

/// An endpoint of S3 over a temporary folder.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
    scope: Scope,
    s3: S3,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let credentials = Credentials::open(&folder.path().join("config/s3-credentials")).unwrap();
        let config = Config {
            address: ([127, 0, 0, 1], 0).into(),
            folder: folder.path().to_owned(),
            buckets: vec![Bucket::writable("artifacts")],
            credentials: credentials.clone(),
        };
        let endpoint = Endpoint::bind(config).await.unwrap();
        let s3 = S3 {
            endpoint: Some(format!("http://{}", endpoint.address())),
            access_key_id: Some(credentials.id),
            secret_access_key: Some(credentials.secret),
            ..S3::default()
        };
        let scope = Scope::root("test");
        endpoint.run(&scope);
        Self { folder, scope, s3 }
    }

    pub(crate) fn artifacts(&self, root: &str) -> Artifacts {
        Artifacts::open(root, &self.s3).unwrap()
    }

    pub(crate) async fn stop(self) {
        self.scope.close(Duration::from_secs(10)).await.unwrap();
        assert!(self.scope.failure().is_none());
    }
}
