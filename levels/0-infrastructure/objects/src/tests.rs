//! The suite over a directory and over a real S3 server: Strata's own endpoint.

use std::time::Duration;

use strata_config::Secret;
use strata_runtime::Scope;
use strata_s3::{Bucket, Config, Credentials, Endpoint};
use tempfile::TempDir;

use crate::{Objects, S3, suite};

#[tokio::test]
async fn a_directory_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}/made/of/folders", folder.path().display());
    suite::check(&Objects::open(&url, &S3::default()).unwrap()).await;
}

#[tokio::test]
async fn s3_passes_the_suite() {
    let server = Server::start().await;
    suite::check(&Objects::open("s3://artifacts", &server.s3).unwrap()).await;
    // Below a prefix it is a store of its own.
    let below = Objects::open("s3://artifacts/some/prefix/", &server.s3).unwrap();
    assert!(below.list("").await.unwrap().is_empty());
    suite::check(&below).await;
    assert_eq!(std::fs::read(server.folder.path().join("artifacts/some/prefix/a/b")).unwrap(), b"one");
    server.stop().await;
}

/// Fault 21: whoever has no key, or a wrong one, gets nothing.
#[tokio::test]
async fn s3_wants_its_key() {
    let server = Server::start().await;
    let wrong = S3 { secret_access_key: Some(Secret::new("wrong")), ..server.s3.clone() };
    let error = Objects::open("s3://artifacts", &wrong).unwrap().list("").await.unwrap_err().to_string();
    assert!(error.contains("s3://artifacts") && error.contains("403"), "{error}");
    server.stop().await;
}

#[test]
fn what_cannot_be_opened_explains_itself() {
    let error = |url: &str, s3: &S3| Objects::open(url, s3).unwrap_err().to_string();
    assert!(error("ftp://there", &S3::default()).contains("give file:///FOLDER or s3://BUCKET/PREFIX"));
    assert!(error("s3:///prefix", &S3::default()).contains("no bucket"));
    let half = S3 { access_key_id: Some("id".to_owned()), ..S3::default() };
    assert!(error("s3://bucket", &half).contains("both the id and the secret"));
    let s3 = S3 { secret_access_key: Some(Secret::new("hunter2")), ..half };
    assert!(!format!("{s3:?} {:?}", Objects::open("s3://bucket", &s3)).contains("hunter2"));
}

/// An endpoint over a temporary folder, and how it is reached.
struct Server {
    folder: TempDir,
    scope: Scope,
    s3: S3,
}

impl Server {
    async fn start() -> Self {
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

    async fn stop(self) {
        self.scope.close(Duration::from_secs(10)).await.unwrap();
        assert!(self.scope.failure().is_none());
    }
}
