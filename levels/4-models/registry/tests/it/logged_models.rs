//! Logged models.

use serde_json::{Value, json};

use crate::api::{Api, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logged_models_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logged_models_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

async fn check(api: &Api) {
    let made = well(api.post("/experiments/create", json!({ "name": "logged models" })).await);
    let experiment = made["experiment_id"].as_str().unwrap();
    a_model_is_made_finished_and_deleted(api, experiment).await;
    models_are_found(api, experiment).await;
    runs_name_their_models(api, experiment).await;
}

async fn create(api: &Api, experiment: &str, name: &str, kind: &str) -> Value {
    let params = json!([{ "key": "depth", "value": kind.len().to_string() }]);
    let body = json!({ "experiment_id": experiment, "name": name, "model_type": kind, "params": params });
    well(api.post("/logged-models", body).await)["model"].clone()
}

async fn a_model_is_made_finished_and_deleted(api: &Api, experiment: &str) {
    let made = create(api, experiment, "sepsis", "Agent").await;
    let id = made["info"]["model_id"].as_str().unwrap();
    assert_eq!(made["info"]["status"], "LOGGED_MODEL_PENDING");
    assert_eq!(made["info"]["artifact_uri"], format!("mlflow-artifacts:/{experiment}/models/{id}/artifacts"));
    assert_eq!(made["data"]["params"], json!([{ "key": "depth", "value": "5" }]));
    let path = format!("/logged-models/{id}");

    let ready = well(api.patch(&path, json!({ "model_id": id, "status": "LOGGED_MODEL_READY" })).await);
    assert_eq!(ready["model"]["info"]["status"], "LOGGED_MODEL_READY");
    let tags = json!({ "tags": [{ "key": "a", "value": "1" }, { "key": "b", "value": "2" }] });
    well(api.patch(&format!("{path}/tags"), tags).await);
    well(api.delete(&format!("{path}/tags/a"), json!({})).await);
    let gone = api.delete(&format!("{path}/tags/a"), json!({})).await;
    refused(gone, 404, "RESOURCE_DOES_NOT_EXIST", "No tag with key 'a' found");
    well(api.post(&format!("{path}/params"), json!({ "params": [{ "key": "x", "value": "y" }] })).await);
    let read = well(api.get(&path, &[]).await)["model"].clone();
    assert_eq!(read["info"]["tags"], json!([{ "key": "b", "value": "2" }]));
    assert_eq!(read["data"]["params"].as_array().unwrap().len(), 2);

    well(api.delete(&path, json!({})).await);
    refused(api.get(&path, &[]).await, 404, "RESOURCE_DOES_NOT_EXIST", "not found");
    well(api.get(&path, &[("allow_deleted", "true")]).await);
    let bad = api.post("/logged-models", json!({ "experiment_id": experiment, "name": "a/b" })).await;
    refused(bad, 400, "INVALID_PARAMETER_VALUE", "Invalid model name");
    let nowhere = api.post("/logged-models", json!({ "experiment_id": "999999" })).await;
    refused(nowhere, 404, "RESOURCE_DOES_NOT_EXIST", "999999");
}

async fn models_are_found(api: &Api, experiment: &str) {
    for (name, kind) in [("x1", "tree"), ("x2", "forest"), ("Y", "tree")] {
        create(api, experiment, name, kind).await;
    }
    let search = async |filter: &str, more: Value| {
        let mut body = json!({ "experiment_ids": [experiment], "filter": filter });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        well(api.post("/logged-models/search", body).await)
    };
    let names = |found: &Value| -> Vec<String> {
        let models = found["models"].as_array().cloned().unwrap_or_default();
        models.iter().map(|model| model["info"]["name"].as_str().unwrap().to_owned()).collect()
    };
    let by_name = json!({ "order_by": [{ "field_name": "name", "ascending": true }] });
    assert_eq!(names(&search("name LIKE 'x%'", by_name.clone()).await), ["x1", "x2"]);
    assert_eq!(names(&search("name = 'x1' AND params.depth = '4'", json!({})).await), ["x1"]);
    assert_eq!(names(&search("model_type IN ('forest')", json!({})).await), ["x2"]);
    assert_eq!(names(&search("status = 'PENDING' AND name ILIKE 'y'", json!({})).await), ["Y"]);
    assert_eq!(names(&search("name LIKE 'y'", json!({})).await), [""; 0], "case counts");
    assert_eq!(names(&search("creation_timestamp > 0 AND model_type = 'tree'", by_name.clone()).await).len(), 2);

    let mut page = by_name.clone();
    page["max_results"] = 2.into();
    let first = search("", page.clone()).await;
    assert_eq!(names(&first).len(), 2);
    page["page_token"] = first["next_page_token"].clone();
    let second = search("", page.clone()).await;
    assert_eq!(names(&second).len(), 1);
    assert!(second.get("next_page_token").is_none());
    let other = json!({ "experiment_ids": ["0"], "page_token": page["page_token"] });
    refused(api.post("/logged-models/search", other).await, 400, "INVALID_PARAMETER_VALUE", "page token");
    for bad in ["nonsense.x = 1", "name > 'a'", "metrics.x LIKE 'a'", "name ="] {
        let body = json!({ "experiment_ids": [experiment], "filter": bad });
        refused(api.post("/logged-models/search", body).await, 400, "INVALID_PARAMETER_VALUE", "Invalid");
    }
}

async fn runs_name_their_models(api: &Api, experiment: &str) {
    let run = well(api.post("/runs/create", json!({ "experiment_id": experiment, "start_time": 1 })).await);
    let run = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let outputs = json!({ "run_id": run, "models": [{ "model_id": "m-1", "step": 3 }] });
    well(api.post("/runs/outputs", outputs).await);
    well(api.post("/runs/log-inputs", json!({ "run_id": run, "models": [{ "model_id": "m-2" }] })).await);
    let read = well(api.get("/runs/get", &[("run_id", &run)]).await)["run"].clone();
    assert_eq!(read["outputs"]["model_outputs"], json!([{ "model_id": "m-1", "step": 3 }]));
    assert_eq!(read["inputs"]["model_inputs"], json!([{ "model_id": "m-2" }]));
}
