//! Versions of models, their stages and aliases, and where they come from.

use serde_json::json;

use crate::api::{Api, Said, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

async fn check(api: &Api) {
    numbers_are_given_once(api).await;
    stages_follow_each_other(api).await;
    an_alias_moves(api).await;
    a_version_of_a_version_remembers_it(api).await;
    sources_that_lead_elsewhere_are_refused(api).await;
    versions_at_once_have_their_own_numbers(api).await;
    versions_are_found(api).await;
}

async fn create(api: &Api, name: &str, source: &str) -> Said {
    api.post("/model-versions/create", json!({ "name": name, "source": source })).await
}

async fn numbers_are_given_once(api: &Api) {
    well(api.post("/registered-models/create", json!({ "name": "n" })).await);
    let request = json!({
        "name": "n", "source": "runs:/r1/model", "run_id": "r1", "run_link": "http://l", "description": "first",
        "tags": [{ "key": "k", "value": "v" }],
    });
    let mut first = well(api.post("/model-versions/create", request).await)["model_version"].take();
    assert!(first["creation_timestamp"].is_i64() && first["last_updated_timestamp"].is_i64());
    first.as_object_mut().unwrap().retain(|key, _| !key.ends_with("timestamp"));
    let expected = json!({
        "name": "n", "version": "1", "source": "runs:/r1/model", "run_id": "r1", "run_link": "http://l",
        "description": "first", "current_stage": "None", "status": "READY", "tags": [{ "key": "k", "value": "v" }],
    });
    assert_eq!(first, expected);
    assert_eq!(well(create(api, "n", "s3://bucket/m").await)["model_version"]["version"], "2");

    well(api.delete("/model-versions/delete", json!({ "name": "n", "version": "2" })).await);
    let gone = "Model Version (name=n, version=2) not found";
    let read = api.get("/model-versions/get", &[("name", "n"), ("version", "2")]).await;
    refused(read, 404, "RESOURCE_DOES_NOT_EXIST", gone);
    let delete = api.delete("/model-versions/delete", json!({ "name": "n", "version": "2" })).await;
    refused(delete, 404, "RESOURCE_DOES_NOT_EXIST", gone);
    assert_eq!(well(create(api, "n", "s3://bucket/m").await)["model_version"]["version"], "3");

    let update = json!({ "name": "n", "version": "3", "description": "third" });
    assert_eq!(well(api.patch("/model-versions/update", update).await)["model_version"]["description"], "third");
    let read = api.get("/model-versions/get", &[("name", "n"), ("version", "x")]).await;
    refused(read, 400, "INVALID_PARAMETER_VALUE", "Parameter 'version' must be an integer, got 'x'.");
    let uri = well(api.get("/model-versions/get-download-uri", &[("name", "n"), ("version", "1")]).await);
    assert_eq!(uri, json!({ "artifact_uri": "runs:/r1/model" }));
    let nobody = create(api, "nobody", "s3://bucket/m").await;
    refused(nobody, 404, "RESOURCE_DOES_NOT_EXIST", "Registered Model with name=nobody not found");
}

async fn stages_follow_each_other(api: &Api) {
    well(api.post("/registered-models/create", json!({ "name": "s" })).await);
    for _ in 0..3 {
        well(create(api, "s", "s3://bucket/m").await);
    }
    let to = async |version: &str, stage: &str, archive: bool| {
        let request = json!({ "name": "s", "version": version, "stage": stage, "archive_existing_versions": archive });
        api.post("/model-versions/transition-stage", request).await
    };
    assert_eq!(well(to("1", "production", false).await)["model_version"]["current_stage"], "Production");
    well(to("2", "Production", true).await);
    let latest = well(api.post("/registered-models/get-latest-versions", json!({ "name": "s" })).await);
    let stages: Vec<_> = latest["model_versions"].as_array().unwrap().iter().collect();
    let stages: Vec<_> = stages.iter().map(|v| (v["version"].as_str(), v["current_stage"].as_str())).collect();
    let expected = [("1", "Archived"), ("2", "Production"), ("3", "None")];
    assert_eq!(stages, expected.map(|(version, stage)| (Some(version), Some(stage))));
    let query = [("name", "s"), ("stages", "Production"), ("stages", "archived")];
    let some = well(api.get("/registered-models/get-latest-versions", &query).await);
    assert_eq!(some["model_versions"].as_array().unwrap().len(), 2);
    refused(to("1", "Best", false).await, 400, "INVALID_PARAMETER_VALUE", "Invalid Model Version stage: Best.");
    refused(to("1", "None", true).await, 400, "INVALID_PARAMETER_VALUE", "'None' is not an Active stage");
}

async fn an_alias_moves(api: &Api) {
    well(api.post("/registered-models/create", json!({ "name": "a" })).await);
    well(create(api, "a", "s3://bucket/1").await);
    well(create(api, "a", "s3://bucket/2").await);
    let set = async |alias: &str, version: &str| {
        api.post("/registered-models/alias", json!({ "name": "a", "alias": alias, "version": version })).await
    };
    let read = async |alias: &str| api.get("/registered-models/alias", &[("name", "a"), ("alias", alias)]).await;
    well(set("champion", "1").await);
    well(set("champion", "2").await);
    well(set("other", "2").await);
    let version = well(read("champion").await);
    assert_eq!(version["model_version"]["version"], "2");
    assert_eq!(version["model_version"]["aliases"], json!(["champion", "other"]));
    assert_eq!(well(read("LATEST").await)["model_version"]["version"], "2");
    refused(read("nobody").await, 400, "INVALID_PARAMETER_VALUE", "Registered model alias nobody not found.");
    for (alias, message) in [
        ("latest", "'latest' alias name (case insensitive) is reserved."),
        ("v3", "Version alias name 'v3' is reserved."),
        ("a b", "Invalid alias name: 'a b'. Names may only contain alphanumerics"),
    ] {
        refused(set(alias, "1").await, 400, "INVALID_PARAMETER_VALUE", message);
    }
    refused(set("x", "9").await, 404, "RESOURCE_DOES_NOT_EXIST", "Model Version (name=a, version=9) not found");
    well(api.delete("/registered-models/alias", json!({ "name": "a", "alias": "other" })).await);
    well(api.delete("/registered-models/alias", json!({ "name": "a", "alias": "never-there" })).await);
    well(api.delete("/model-versions/delete", json!({ "name": "a", "version": "2" })).await);
    let model = well(api.get("/registered-models/get", &[("name", "a")]).await);
    assert!(model["registered_model"].get("aliases").is_none(), "an alias goes with its version: {model}");
}

async fn a_version_of_a_version_remembers_it(api: &Api) {
    well(api.post("/registered-models/create", json!({ "name": "from" })).await);
    well(api.post("/registered-models/create", json!({ "name": "to" })).await);
    let request = json!({ "name": "from", "source": "runs:/r1/model", "run_id": "r1" });
    well(api.post("/model-versions/create", request).await);
    well(api.post("/registered-models/alias", json!({ "name": "from", "alias": "best", "version": "1" })).await);
    for source in ["models:/from/1", "models:/from/latest", "models:/from@best", "models:/from/None"] {
        let version = well(create(api, "to", source).await)["model_version"].take();
        assert_eq!((&version["source"], &version["run_id"]), (&json!("models:/from/1"), &json!("r1")), "{source}");
    }
    let uri = well(api.get("/model-versions/get-download-uri", &[("name", "to"), ("version", "1")]).await);
    assert_eq!(uri["artifact_uri"], "runs:/r1/model");
    let request = json!({ "name": "to", "source": "models:/from/1", "run_id": "r2" });
    let said = api.post("/model-versions/create", request).await;
    refused(said, 400, "INVALID_PARAMETER_VALUE", "must match the referenced model version.");
    refused(create(api, "to", "models:/from/9").await, 404, "RESOURCE_DOES_NOT_EXIST", "version=9) not found");
    refused(create(api, "to", "models:/from/Staging").await, 404, "RESOURCE_DOES_NOT_EXIST", "stage 'Staging' found");
}

async fn sources_that_lead_elsewhere_are_refused(api: &Api) {
    well(api.post("/registered-models/create", json!({ "name": "src" })).await);
    for source in [
        "runs:/r1/model",
        "models:/m-unknown",
        "/etc/passwd",
        "file:///etc/passwd",
        "../x",
        "https://example.com/model",
        "http://169.254.169.254/latest",
        "s3://bucket/../x",
        "s3://bucket/%2e%2e/x",
        "mlflow-artifacts:/0/x",
        "mlflow-artifacts://elsewhere/0/x",
        "models://elsewhere/m/1",
    ] {
        let (status, body) = create(api, "src", source).await;
        assert_eq!(
            (status.as_u16(), &body["error_code"]),
            (400, &json!("INVALID_PARAMETER_VALUE")),
            "{source}: {body}"
        );
    }
    let model = well(api.get("/registered-models/get", &[("name", "src")]).await);
    assert!(model["registered_model"].get("latest_versions").is_none());
    for source in ["s3://bucket/m", "gs://bucket/m", "dbfs:/m", "wasbs://c@a.blob.core.windows.net/m"] {
        well(create(api, "src", source).await);
    }
}

async fn versions_at_once_have_their_own_numbers(api: &Api) {
    well(api.post("/registered-models/create", json!({ "name": "many" })).await);
    let all = futures::future::join_all((0..20).map(|_| create(api, "many", "s3://bucket/m"))).await;
    let number = |said: Said| well(said)["model_version"]["version"].as_str().unwrap().parse::<u32>().unwrap();
    let mut numbers: Vec<_> = all.into_iter().map(number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

async fn versions_are_found(api: &Api) {
    well(api.post("/registered-models/create", json!({ "name": "find_a" })).await);
    well(api.post("/registered-models/create", json!({ "name": "find_b" })).await);
    for (name, run, tag) in [("find_a", "f1", "x"), ("find_b", "f2", "y"), ("find_a", "f2", "Y")] {
        let request = json!({
            "name": name, "source": format!("runs:/{run}/m"), "run_id": run, "tags": [{ "key": "t", "value": tag }],
        });
        well(api.post("/model-versions/create", request).await);
    }
    for (filter, order, expected) in [
        ("name LIKE 'find_%'", "name", vec!["find_a 2", "find_a 1", "find_b 1"]),
        ("name ILIKE 'FIND_A%'", "version_number", vec!["find_a 1", "find_a 2"]),
        ("name LIKE 'FIND_%'", "name", vec![]),
        ("run_id = 'f2'", "name DESC", vec!["find_b 1", "find_a 2"]),
        ("run_id IN ('f1', 'f9')", "name", vec!["find_a 1"]),
        ("name = 'find_a' AND version_number >= 2", "name", vec!["find_a 2"]),
        ("name != 'find_a' AND run_id = 'f2'", "name", vec!["find_b 1"]),
        ("source_path = 'runs:/f1/m'", "name", vec!["find_a 1"]),
        ("tags.t = 'y'", "name", vec!["find_b 1"]),
        ("tags.t ILIKE 'y'", "name", vec!["find_a 2", "find_b 1"]),
        ("tags.t != 'x' AND name LIKE 'find%'", "name", vec!["find_a 2", "find_b 1"]),
    ] {
        let found = well(api.get("/model-versions/search", &[("filter", filter), ("order_by", order)]).await);
        let found = found["model_versions"].as_array().cloned().unwrap_or_default();
        let text = |field: &serde_json::Value| field.as_str().unwrap().to_owned();
        let found: Vec<_> = found.iter().map(|v| format!("{} {}", text(&v["name"]), text(&v["version"]))).collect();
        assert_eq!(found, expected, "{filter} by {order}");
    }
    for (filter, message) in [
        ("version_number LIKE '1'", "Invalid comparator for attribute version_number: LIKE"),
        ("user_id = 'x'", "Invalid attribute key 'user_id' specified."),
        ("tags.t IN ('x')", "Expected a quoted string value for tag"),
    ] {
        let said = api.get("/model-versions/search", &[("filter", filter)]).await;
        refused(said, 400, "INVALID_PARAMETER_VALUE", message);
    }
}
