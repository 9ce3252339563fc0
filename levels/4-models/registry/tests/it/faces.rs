//! What stands beside the API: artifacts, and `MLflow`'s pages.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::api::Api;

const ADMIN: &str = "an admin's password";
const ADA: &str = "ada's own password";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn artifacts_and_pages_are_served_beside_the_api() {
    let api = Api::sqlite().await;
    let client = Client::new();
    let artifacts = format!("{}/api/2.0/mlflow-artifacts/artifacts", api.base());
    let put = client.put(format!("{artifacts}/0/run/artifacts/a.txt")).body("hello").send().await.unwrap();
    assert_eq!((put.status(), put.text().await.unwrap().as_str()), (StatusCode::OK, ""));
    let got = client.get(format!("{artifacts}/0/run/artifacts/a.txt")).send().await.unwrap();
    assert_eq!(got.headers()["content-type"], "text/plain");
    assert_eq!(got.text().await.unwrap(), "hello");
    let asked = async |request: reqwest::RequestBuilder| -> Value {
        serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
    };
    let listed = asked(client.get(format!("{artifacts}?path=0/run"))).await;
    assert_eq!(listed, json!({ "files": [{ "path": "artifacts", "is_dir": true }] }));
    assert!(api.folder().join("artifacts/0/run/artifacts/a.txt").is_file());
    let out = client.put(format!("{artifacts}/0/%2e%2e%2fx")).body("x").send().await.unwrap();
    assert_eq!(out.status(), StatusCode::BAD_REQUEST);

    let page = client.get(api.base()).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("--mlflow-ui"), "{page}");
    let query = json!({ "query": "{ mlflowSearchModelVersions(input: {}) { modelVersions { name } } }" });
    let told = asked(client.post(format!("{}/graphql", api.base())).body(query.to_string())).await;
    let expected = json!({ "data": { "mlflowSearchModelVersions": { "modelVersions": [] } }, "errors": null });
    assert_eq!(told, expected);
}

/// Who may not write in an experiment writes no artifact of it, and nobody does unknown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn artifacts_are_guarded_as_their_experiment_is() {
    let api = Api::with_users(ADMIN).await;
    let made = api.user("admin", ADMIN).post("/users/create", json!({ "username": "ada", "password": ADA })).await;
    assert_eq!(made.0, StatusCode::OK);
    let client = Client::new();
    let artifacts = format!("{}/api/2.0/mlflow-artifacts/artifacts", api.base());
    let put = |path: &str| client.put(format!("{artifacts}/{path}")).body("x");
    let get = |path: &str| client.get(format!("{artifacts}{path}"));
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(status(put("0/r/x")).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(client.get(api.base())).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(put("0/r/x").basic_auth("admin", Some(ADMIN))).await, StatusCode::OK);
    assert_eq!(status(put("0/r/x").basic_auth("ada", Some(ADA))).await, StatusCode::FORBIDDEN);
    assert_eq!(status(get("/0/r/x").basic_auth("ada", Some(ADA))).await, StatusCode::OK);
    assert_eq!(status(get("?path=0/r").basic_auth("ada", Some(ADA))).await, StatusCode::OK);
    for elsewhere in ["", "?path=x", "?path=", "/x/y", "/%30/r/x"] {
        assert_eq!(status(get(elsewhere).basic_auth("ada", Some(ADA))).await, StatusCode::FORBIDDEN, "{elsewhere}");
    }
}

/// `MLflow`'s pages keep what a prompt was answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_that_was_tried_is_a_run() {
    let api = Api::sqlite().await;
    let client = Client::new();
    let address = format!("{}/ajax-api/2.0/mlflow/runs/create-promptlab-run", api.base());
    let ask = async |body: Value| {
        let asked = client.post(&address).header("content-type", "application/json").body(body.to_string());
        let answer = asked.send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap())
    };
    let mut body = json!({});
    for (name, value) in [
        ("experiment_id", json!("0")),
        ("prompt_template", json!("Is {{ name }} at risk?")),
        ("prompt_parameters", json!([{ "key": "name", "value": "\u{fc}: #1" }])),
        ("model_route", json!("chat")),
        ("model_input", json!("Is \u{fc}: #1 at risk?")),
        ("mlflow_version", json!("3.18.0")),
    ] {
        let (status, said) = ask(body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(said["message"], format!("CreatePromptlabRun request must specify {name}."));
        body[name] = value;
    }
    body["model_parameters"] = json!([{ "key": "temperature", "value": 0.5 }, { "key": "stream", "value": false }]);
    body["model_output"] = json!("No.");
    body["model_output_parameters"] = json!([{ "key": "latency", "value": "100" }]);
    let (status, made) = ask(body.clone()).await;
    assert_eq!(status, StatusCode::OK, "{made}");
    let run = &made["run"];
    assert_eq!((&run["info"]["status"], &run["info"]["user_id"]), (&json!("FINISHED"), &json!("unknown")));
    let params = run["data"]["params"].as_array().unwrap();
    for (key, value) in [("temperature", "0.5"), ("stream", "False"), ("model_route", "chat")] {
        assert!(params.contains(&json!({ "key": key, "value": value })), "{params:?}");
    }
    let files = api.folder().join("artifacts/0").join(run["info"]["run_id"].as_str().unwrap()).join("artifacts");
    let read = |name: &str| serde_json::from_slice::<Value>(&std::fs::read(files.join(name)).unwrap()).unwrap();
    let table = json!({
        "columns": ["name", "prompt", "output", "latency"],
        "data": [["\u{fc}: #1", "Is \u{fc}: #1 at risk?", "No.", "100"]],
    });
    assert_eq!(read("eval_results_table.json"), table);
    assert_eq!(read("model/MLmodel")["run_id"], run["info"]["run_id"]);
    assert_eq!(read("model/parameters.yaml")["prompt_parameters"], json!({ "name": "\u{fc}: #1" }));

    // Where its artifacts cannot be kept, the run says that it failed.
    body["run_name"] = json!("failed");
    let there = json!({ "name": "elsewhere", "artifact_location": "s3://elsewhere/x" });
    body["experiment_id"] = crate::api::well(api.post("/experiments/create", there).await)["experiment_id"].clone();
    let (status, made) = ask(body).await;
    assert_eq!((status, &made["run"]["info"]["status"]), (StatusCode::OK, &json!("FAILED")));
}
