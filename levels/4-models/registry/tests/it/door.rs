//! Hosts and pages that may not speak to the registry, and workspaces, of which there are none.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::api::Api;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_this_machine_and_its_pages_are_let_in() {
    let api = Api::sqlite().await;
    let experiment = "/api/2.0/mlflow/experiments/get?experiment_id=0";
    let search = "/api/2.0/mlflow/experiments/search?max_results=1";
    for (method, path, headers, status, text) in [
        (Method::GET, experiment, vec![], 200, "Default"),
        (Method::GET, experiment, vec![("host", "evil.example")], 403, "Invalid Host header"),
        (Method::GET, "/", vec![("host", "evil.example:5000")], 403, "Invalid Host header"),
        (Method::GET, experiment, vec![("host", "localhost:5000")], 200, "Default"),
        (Method::GET, "/health", vec![("host", "evil.example")], 200, "OK"),
        (Method::POST, search, vec![("origin", "https://evil.example")], 403, "Cross-origin request blocked"),
        (Method::POST, search, vec![("origin", "null")], 403, "Cross-origin request blocked"),
        (Method::POST, search, vec![("origin", "http://localhost:8888")], 200, "Default"),
        (Method::POST, search, vec![("origin", "http://10.0.0.7:5"), ("host", "10.0.0.7:5")], 200, "Default"),
        (Method::POST, "/graphql", vec![("origin", "https://evil.example")], 403, "Cross-origin request blocked"),
        (Method::GET, experiment, vec![("x-mlflow-workspace", "ward")], 400, "FEATURE_DISABLED"),
        (Method::GET, "/api/3.0/mlflow/server-info", vec![("x-mlflow-workspace", "ward")], 200, "workspaces_enabled"),
        (Method::GET, "/api/3.0/mlflow/workspaces", vec![], 400, "FEATURE_DISABLED"),
        (Method::POST, "/api/3.0/mlflow/workspaces", vec![], 400, "FEATURE_DISABLED"),
        (Method::GET, "/ajax-api/3.0/mlflow/workspaces/ward", vec![], 400, "FEATURE_DISABLED"),
    ] {
        let (found, headers_back, body) = send(&api, &method, path, &headers).await;
        assert_eq!(found, status, "{method} {path} {headers:?}: {body}");
        assert!(body.contains(text), "{method} {path} {headers:?}: {body}");
        assert_eq!(headers_back["x-content-type-options"], "nosniff");
        assert_eq!(headers_back["x-frame-options"], "SAMEORIGIN");
    }
}

/// What browsers ask first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_this_machine_alone_are_granted_answers() {
    let api = Api::sqlite().await;
    let path = "/api/2.0/mlflow/runs/create";
    for (origin, granted) in [("http://localhost:8888", true), ("https://evil.example", false)] {
        let asks = [("origin", origin), ("access-control-request-method", "POST")];
        let (_, headers, _) = send(&api, &Method::OPTIONS, path, &asks).await;
        assert_eq!(headers.get("access-control-allow-origin").is_some(), granted, "{origin}");
        let (_, headers, _) = send(&api, &Method::GET, "/version", &asks[..1]).await;
        assert_eq!(headers.get("access-control-allow-origin").is_some(), granted, "{origin}");
    }
}

async fn send(api: &Api, method: &Method, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, String) {
    let pairs = headers
        .iter()
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()));
    let request = reqwest::Client::new().request(method.clone(), format!("{}{path}", api.base()));
    let request = request.headers(pairs.collect()).header("content-type", "application/json");
    let response =
        request.body(if *method == Method::POST { "{\"max_results\": 1}" } else { "" }).send().await.unwrap();
    (response.status().as_u16(), response.headers().clone(), response.text().await.unwrap())
}
