//! Artifacts of runs and models, over a small registry.

use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use strata_objects::S3;

use super::owned;
use crate::Artifacts;
use crate::suite::{Answer, Client};
use crate::tests::Server;

type Asked = Query<std::collections::HashMap<String, String>>;

/// Knows a run, a model and a version, and lets nobody but `me` see them.
fn registry(root: &'static str) -> Router {
    let known = |id: &str, headers: &HeaderMap, expected: &str, told: Value| {
        if headers.get(AUTHORIZATION).is_none_or(|who| who != "me") {
            return Err((StatusCode::FORBIDDEN, Json(json!({"error_code": "PERMISSION_DENIED", "message": "no"}))));
        }
        if id != expected {
            let message = format!("{id} not found");
            let body = json!({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": message});
            return Err((StatusCode::NOT_FOUND, Json(body)));
        }
        Ok(Json(told))
    };
    Router::new()
        .route(
            "/api/2.0/mlflow/runs/get",
            get(async move |Query(asked): Asked, headers: HeaderMap| {
                let told = json!({"run": {"info": {"artifact_uri": format!("{root}/1/run/artifacts")}}});
                known(&asked["run_id"], &headers, "run", told)
            }),
        )
        .route(
            "/api/2.0/mlflow/logged-models/{id}",
            get(async move |Path(id): Path<String>, headers: HeaderMap| {
                let told = json!({"model": {"info": {"artifact_uri": format!("{root}/1/models/m-1/artifacts")}}});
                known(&id, &headers, "m-1", told)
            }),
        )
        .route(
            "/api/2.0/mlflow/model-versions/get-download-uri",
            get(async move |Query(asked): Asked, headers: HeaderMap| {
                let asked = format!("{} {}", asked["name"], asked["version"]);
                known(&asked, &headers, "a risk 1", json!({"artifact_uri": format!("{root}/1/run/artifacts/model")}))
            }),
        )
}

async fn ask(client: &Client, method: &str, address: &str, body: &str) -> Answer {
    client.ask(method, address, &[(AUTHORIZATION, "me")], Body::from(body.to_owned())).await
}

async fn put(client: &Client, path: &str, body: &str) {
    let address = format!("/ajax-api/2.0/mlflow/upload-artifact?run_uuid=run&path={path}");
    let answer = ask(client, "POST", &address, body).await;
    assert_eq!((answer.status, answer.header(&CONTENT_TYPE)), (StatusCode::OK, "application/json"));
}

#[tokio::test]
async fn what_belongs_to_a_run_or_model_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::open(&folder.path().display().to_string(), &S3::default()).unwrap();
    let client = Client(owned(artifacts, registry("mlflow-artifacts:")));
    put(&client, "notes/hello%20all.txt", "hello").await;
    put(&client, "model/MLmodel", "flavors: {}").await;
    std::fs::create_dir_all(folder.path().join("1/models/m-1/artifacts/code")).unwrap();
    std::fs::write(folder.path().join("1/models/m-1/artifacts/MLmodel"), "m").unwrap();
    assert!(folder.path().join("1/run/artifacts/notes/hello all.txt").is_file());

    let answer = ask(&client, "GET", "/get-artifact?run_id=run&path=notes/hello%20all.txt", "").await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"hello"[..]));
    assert_eq!(answer.header(&CONTENT_DISPOSITION), "attachment; filename=\"hello all.txt\"");
    let answer = ask(&client, "GET", "/model-versions/get-artifact?name=a+risk&version=1&path=MLmodel", "").await;
    assert_eq!(answer.body, "flavors: {}");
    let file = "/ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files?artifact_file_path=MLmodel";
    assert_eq!(ask(&client, "GET", file, "").await.body, "m");

    let list = async |address: &str| ask(&client, "GET", address, "").await.json();
    let run = "mlflow-artifacts:/1/run/artifacts";
    let folders = json!([{"path": "model", "is_dir": true}, {"path": "notes", "is_dir": true}]);
    for api in ["api/2.0", "ajax-api/2.0", "api/3.0"] {
        let listed = list(&format!("/{api}/mlflow/artifacts/list?run_id=run")).await;
        assert_eq!(listed, json!({"root_uri": run, "files": folders}));
    }
    let listed = list("/api/2.0/mlflow/artifacts/list?run_uuid=run&path=model").await;
    let model = json!([{"path": "model/MLmodel", "is_dir": false, "file_size": 11}]);
    assert_eq!(listed, json!({"root_uri": run, "files": model}));
    let listed = list("/api/2.0/mlflow/artifacts/list?run_id=run&path=nothing").await;
    assert_eq!(listed, json!({"root_uri": run}));
    let listed = list("/api/2.0/mlflow/logged-models/m-1/artifacts/directories").await;
    let files = json!([{"path": "MLmodel", "is_dir": false, "file_size": 1}, {"path": "code", "is_dir": true}]);
    assert_eq!(listed, json!({"root_uri": "mlflow-artifacts:/1/models/m-1/artifacts", "files": files}));
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let artifacts = Artifacts::open(&folder.path().display().to_string(), &S3::default()).unwrap();
    let client = Client(owned(artifacts.clone(), registry("mlflow-artifacts:")));
    let upload = "/ajax-api/2.0/mlflow/upload-artifact";
    let proxied = "Presigned upload is not supported for proxied artifact storage (artifact URI scheme: \
                   mlflow-artifacts). This endpoint requires a direct cloud storage artifact URI.";
    let proxied_run = "Presigned download is not supported for runs with proxied artifact storage (artifact URI scheme: \
                       mlflow-artifacts). This endpoint requires a run with a direct cloud storage artifact URI.";
    let to_put = "/api/2.0/mlflow/artifacts/presigned-upload-url";
    let to_get = "/api/2.0/mlflow/artifacts/presigned-download-url";
    let only_s3 = "Presigned download is not supported for the current artifact repository";
    for (method, address, body, status, message) in [
        ("GET", "/get-artifact?run_id=run&path=no", "", 404, "No such artifact: '1/run/artifacts/no'"),
        ("GET", "/get-artifact?run_id=other&path=x", "", 404, "other not found"),
        ("GET", "/get-artifact?run_id=run&path=../x", "", 400, "Invalid path"),
        ("GET", "//model-versions/get-artifact?name=risk&version=1&path=../x", "", 400, "Invalid path"),
        ("GET", "/get-artifact?run_id=run&path=%252e%252e/x", "", 400, "Invalid path"),
        ("GET", "/get-artifact?run_id=run&path=x&presigned=true", "", 501, only_s3),
        ("GET", "/api/2.0/mlflow/artifacts/list?run_id=run&path=/etc", "", 400, "Invalid path"),
        ("POST", &format!("{upload}?path=x"), "x", 400, "Request must specify run_id or run_uuid."),
        ("POST", &format!("{upload}?run_id=run"), "x", 400, "Request must specify path."),
        ("POST", &format!("{upload}?run_id=run&path=x"), "", 400, "Request must specify data."),
        ("POST", to_put, "{\"run_id\": \"run\", \"path\": \"x\"}", 400, proxied),
        ("POST", to_get, "{\"run_id\": \"run\", \"path\": \"x\"}", 400, proxied_run),
        ("POST", to_put, "{\"path\": \"x\"}", 400, "Exactly one of run_id and model_id must be provided."),
        (
            "POST",
            to_get,
            "{\"run_id\": \"run\", \"path\": \"x\", \"expiration\": 604801}",
            400,
            "expiration must be between 1 and 604800 seconds.",
        ),
    ] {
        let answer = ask(&client, method, address, body).await;
        assert_eq!((answer.status.as_u16(), answer.error().2.as_str()), (status, message), "{address}");
    }
    let large = "x".repeat((10 << 20) + 1);
    let answer = ask(&client, "POST", &format!("{upload}?run_id=run&path=x"), &large).await;
    assert_eq!(answer.error().2, "Artifact size is too large. Max size is 10MB.");
    for (address, name) in [
        ("/api/2.0/mlflow/artifacts/list", "run_id"),
        ("/get-artifact?run_id=run", "path"),
        ("/model-versions/get-artifact?path=x&version=1", "name"),
    ] {
        let message = ask(&client, "GET", address, "").await.error().2;
        assert!(message.starts_with(&format!("Missing value for required parameter '{name}'. See")), "{message}");
    }
    // The registry decides who may.
    let nobody = client.ask("GET", "/get-artifact?run_id=run&path=x", &[], Body::empty()).await;
    assert_eq!(nobody.error(), (403, "PERMISSION_DENIED".to_owned(), "no".to_owned()));
    let elsewhere = Client(owned(artifacts, registry("s3://elsewhere")));
    let answer = ask(&elsewhere, "GET", "/get-artifact?run_id=run&path=x", "").await;
    assert_eq!(answer.error().2, "The artifacts at 's3://elsewhere/1/run/artifacts' are not in this server's store");
}

/// A run whose place is S3's own is given addresses there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_in_s3_has_addresses_there() {
    let server = Server::start().await;
    let root = "s3://artifacts/below";
    let client = Client(owned(server.artifacts(root), registry(root)));
    let body = "{\"run_id\": \"run\", \"path\": \"a b/x.json\", \"expiration\": \"60\"}";
    let told = ask(&client, "POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", body).await.json();
    assert_eq!(told["headers"], json!({"Content-Type": "text/plain"}));
    let url = told["presigned_url"].as_str().unwrap().to_owned();
    let put = move || ureq::put(&url).header("content-type", "text/plain").send("hello").unwrap();
    tokio::task::spawn_blocking(put).await.unwrap();
    assert!(server.folder.path().join("artifacts/below/1/run/artifacts/a b/x.json").is_file());

    let told = ask(&client, "POST", "/api/2.0/mlflow/artifacts/presigned-download-url", body).await.json();
    assert_eq!(told["file_size"], 5);
    let page = ask(&client, "GET", "/get-artifact?run_id=run&path=a+b/x.json&presigned=true", "").await.json();
    for url in [&told["presigned_url"], &page["url"]] {
        let url = url.as_str().unwrap().to_owned();
        let get = move || ureq::get(&url).call().unwrap().body_mut().read_to_string().unwrap();
        assert_eq!(tokio::task::spawn_blocking(get).await.unwrap(), "hello");
    }
    server.stop().await;
}
