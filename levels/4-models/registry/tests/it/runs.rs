//! Experiments, runs and their metrics.

use serde_json::{Value, json};

use crate::api::{Api, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

async fn check(api: &Api) {
    experiments_come_and_go(api).await;
    let experiment = well(api.post("/experiments/create", json!({ "name": "runs" })).await);
    let experiment = experiment["experiment_id"].as_str().unwrap();
    what_is_logged_is_read(api, experiment).await;
    a_batch_is_kept_whole_or_not_at_all(api, experiment).await;
    histories_are_thinned_out(api, experiment).await;
    runs_are_found_in_order(api).await;
}

async fn experiments_come_and_go(api: &Api) {
    let first = well(api.get("/experiments/get", &[("experiment_id", "0")]).await);
    assert_eq!(first["experiment"]["name"], "Default");
    let tags = json!([{ "key": "ward", "value": "icu" }]);
    let made = well(api.post("/experiments/create", json!({ "name": "a", "tags": tags })).await);
    let id = made["experiment_id"].as_str().unwrap();
    let again = api.post("/experiments/create", json!({ "name": "a" })).await;
    refused(again, 400, "RESOURCE_ALREADY_EXISTS", "already exists");
    let run = well(api.post("/runs/create", json!({ "experiment_id": id })).await);
    let run = run["run"]["info"]["run_id"].as_str().unwrap();

    // Its runs go and come back with it, and its name stays taken.
    well(api.post("/experiments/delete", json!({ "experiment_id": id })).await);
    let info = well(api.get("/runs/get", &[("run_id", run)]).await)["run"]["info"].clone();
    assert_eq!(info["lifecycle_stage"], "deleted");
    refused(api.post("/experiments/create", json!({ "name": "a" })).await, 400, "RESOURCE_ALREADY_EXISTS", "a");
    refused(api.post("/experiments/delete", json!({ "experiment_id": id })).await, 404, "RESOURCE_DOES_NOT_EXIST", id);
    let lost = api.post("/runs/log-metric", json!({ "run_id": run, "key": "m", "value": 1, "timestamp": 1 })).await;
    refused(lost, 400, "INVALID_PARAMETER_VALUE", "must be in the 'active' state");
    well(api.post("/experiments/restore", json!({ "experiment_id": id })).await);
    well(api.post("/experiments/update", json!({ "experiment_id": id, "new_name": "b" })).await);
    let named = well(api.get("/experiments/get-by-name", &[("experiment_name", "b")]).await);
    assert_eq!(named["experiment"]["tags"], json!([{ "key": "ward", "value": "icu" }]));
    refused(
        api.get("/experiments/get-by-name", &[("experiment_name", "a")]).await,
        404,
        "RESOURCE_DOES_NOT_EXIST",
        "a",
    );

    let search = |filter: &str| json!({ "max_results": 10, "filter": filter, "order_by": ["name"] });
    for (filter, found) in [
        ("tags.ward = 'icu'", vec!["b"]),
        ("name LIKE 'D%'", vec!["Default"]),
        ("tag.ward IS NULL", vec!["Default"]),
        ("", vec!["Default", "b"]),
    ] {
        let answer = well(api.post("/experiments/search", search(filter)).await);
        let names: Vec<_> = answer["experiments"].as_array().unwrap().iter().map(|e| e["name"].clone()).collect();
        assert_eq!(names, found, "{filter}");
    }
    refused(api.post("/experiments/search", json!({})).await, 400, "INVALID_PARAMETER_VALUE", "max_results");
}

async fn create(api: &Api, experiment: &str, body: Value) -> String {
    let mut body = body;
    body["experiment_id"] = experiment.into();
    let made = well(api.post("/runs/create", body).await);
    made["run"]["info"]["run_id"].as_str().unwrap().to_owned()
}

async fn run(api: &Api, id: &str) -> Value {
    well(api.get("/runs/get", &[("run_id", id)]).await)["run"].clone()
}

async fn what_is_logged_is_read(api: &Api, experiment: &str) {
    let id = create(api, experiment, json!({ "run_name": "first", "start_time": 7, "user_id": "me" })).await;
    for (value, step) in [(json!(0.5), 1), (json!("0.25"), 3), (json!("NaN"), 2), (json!("Infinity"), 0)] {
        // Sent twice, as a client does that heard no answer.
        for _ in 0..2 {
            let body = json!({ "run_id": id, "key": "loss", "value": value, "timestamp": 10 + step, "step": step });
            well(api.post("/runs/log-metric", body).await);
        }
    }
    well(api.post("/runs/log-parameter", json!({ "run_id": id, "key": "depth", "value": "6" })).await);
    well(api.post("/runs/log-parameter", json!({ "run_id": id, "key": "depth", "value": "6" })).await);
    let other = api.post("/runs/log-parameter", json!({ "run_id": id, "key": "depth", "value": "7" })).await;
    refused(other, 400, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed");
    well(api.post("/runs/set-tag", json!({ "run_id": id, "key": "mlflow.runName", "value": "second" })).await);
    let dataset = json!({ "name": "ds", "digest": "1", "source_type": "file", "source": "x" });
    let tags = json!([{ "key": "mlflow.data.context", "value": "train" }]);
    let inputs = json!({ "run_id": id, "datasets": [{ "dataset": dataset, "tags": tags }] });
    well(api.post("/runs/log-inputs", inputs.clone()).await);
    well(api.post("/runs/log-inputs", inputs).await);
    let ended = json!({ "run_id": id, "status": "FINISHED", "end_time": 99 });
    assert_eq!(well(api.post("/runs/update", ended).await)["run_info"]["end_time"], 99);

    let run = run(api, &id).await;
    assert_eq!(run["info"]["run_name"], "second");
    assert_eq!(run["info"]["artifact_uri"], format!("mlflow-artifacts:/{experiment}/{id}/artifacts"));
    let latest = json!([{ "key": "loss", "value": 0.25, "timestamp": 13, "step": 3 }]);
    assert_eq!(run["data"]["metrics"], latest);
    assert_eq!(run["data"]["params"], json!([{ "key": "depth", "value": "6" }]));
    assert_eq!(run["data"]["tags"], json!([{ "key": "mlflow.runName", "value": "second" }]));
    assert_eq!(run["inputs"]["dataset_inputs"], json!([{ "dataset": dataset, "tags": tags }]));
    let history = well(api.get("/metrics/get-history", &[("run_id", &id), ("metric_key", "loss")]).await);
    let values: Vec<_> = history["metrics"].as_array().unwrap().iter().map(|metric| metric["value"].clone()).collect();
    assert_eq!(values, [json!(f64::MAX), json!(0.5), json!("NaN"), json!(0.25)]);
    let found = well(api.post("/experiments/search-datasets", json!({ "experiment_ids": [experiment] })).await);
    assert_eq!(found["dataset_summaries"][0]["context"], "train");
}

async fn a_batch_is_kept_whole_or_not_at_all(api: &Api, experiment: &str) {
    let id = create(api, experiment, json!({})).await;
    let metrics: Vec<_> = (0..1_000)
        .map(|n| json!({ "key": format!("m{}", n % 300), "value": f64::from(n), "timestamp": n, "step": n }))
        .collect();
    well(api.post("/runs/log-batch", json!({ "run_id": id, "metrics": metrics })).await);
    let found = run(api, &id).await;
    let latest = found["data"]["metrics"].as_array().unwrap();
    assert_eq!(latest.len(), 300);
    assert_eq!(latest.iter().find(|metric| metric["key"] == "m7").unwrap()["value"], 907.0);

    let param = |key: &str, value: &str| json!({ "key": key, "value": value });
    well(api.post("/runs/log-batch", json!({ "run_id": id, "params": [param("p", "1")] })).await);
    let bad = json!({ "run_id": id, "params": [param("q", "1"), param("p", "2")], "tags": [param("t", "1")] });
    refused(api.post("/runs/log-batch", bad).await, 400, "INVALID_PARAMETER_VALUE", "Params were already logged");
    let found = run(api, &id).await;
    assert_eq!(found["data"]["params"], json!([{ "key": "p", "value": "1" }]));
    assert!(found["data"]["tags"].as_array().unwrap().iter().all(|tag| tag["key"] != "t"));
    let many: Vec<_> = (0..101).map(|n| param(&n.to_string(), "")).collect();
    let many = api.post("/runs/log-batch", json!({ "run_id": id, "params": many })).await;
    refused(many, 400, "INVALID_PARAMETER_VALUE", "can contain at most 100 params. Got 101 params");
}

async fn histories_are_thinned_out(api: &Api, experiment: &str) {
    let id = create(api, experiment, json!({})).await;
    for part in 0..3 {
        let metric = |n: i64| json!({ "key": "k", "value": n as f64, "timestamp": 5, "step": n });
        let metrics: Vec<_> = (part * 1_000..(part + 1) * 1_000).map(metric).collect();
        well(api.post("/runs/log-batch", json!({ "run_id": id, "metrics": metrics })).await);
    }
    let query = [("run_ids", &*id), ("metric_key", "k"), ("max_results", "10")];
    let found = well(api.get("/metrics/get-history-bulk-interval", &query).await);
    let steps: Vec<_> =
        found["metrics"].as_array().unwrap().iter().filter_map(|metric| metric["step"].as_i64()).collect();
    assert_eq!(steps, [0, 300, 600, 900, 1_200, 1_500, 1_800, 2_100, 2_400, 2_999]);
    let page =
        well(api.get("/metrics/get-history", &[("run_id", &id), ("metric_key", "k"), ("max_results", "2999")]).await);
    let token = page["next_page_token"].as_str().unwrap();
    let query = [("run_id", &*id), ("metric_key", "k"), ("max_results", "2999"), ("page_token", token)];
    let last = well(api.get("/metrics/get-history", &query).await);
    assert_eq!(last["metrics"].as_array().unwrap().len(), 1);
    assert!(last.get("next_page_token").is_none());
}

async fn runs_are_found_in_order(api: &Api) {
    let experiment = well(api.post("/experiments/create", json!({ "name": "search" })).await);
    let experiment = experiment["experiment_id"].as_str().unwrap();
    let metrics = [Some(json!(2.0)), Some(json!(1.0)), Some(json!("NaN")), None];
    for (number, metric) in metrics.into_iter().enumerate() {
        let name = format!("r{number}");
        let id = create(api, experiment, json!({ "run_name": name, "start_time": number })).await;
        if let Some(value) = metric {
            well(
                api.post("/runs/log-metric", json!({ "run_id": id, "key": "m/a b", "value": value, "timestamp": 1 }))
                    .await,
            );
        }
        well(
            api.post("/runs/log-parameter", json!({ "run_id": id, "key": "p", "value": format!("V{}", number % 2) }))
                .await,
        );
    }
    let cases: [(&str, &[&str], &[&str]); 12] = [
        ("", &[], &["r3", "r2", "r1", "r0"]),
        ("", &["metrics.`m/a b`"], &["r1", "r0", "r2", "r3"]),
        ("", &["metrics.`m/a b` DESC"], &["r0", "r1", "r2", "r3"]),
        ("", &["params.p", "start_time ASC"], &["r0", "r2", "r1", "r3"]),
        ("metrics.\"m/a b\" > 1", &[], &["r0"]),
        ("metrics.`m/a b` != 2", &[], &["r2", "r1"]),
        ("params.p = 'V1' AND attributes.start_time >= 2", &[], &["r3"]),
        ("params.p LIKE 'v%'", &[], &[]),
        ("params.p ILIKE 'v0'", &[], &["r2", "r0"]),
        ("run_name = 'r1'", &[], &["r1"]),
        ("params.other IS NULL and params.p is not null", &["run_name DESC"], &["r3", "r2", "r1", "r0"]),
        ("datasets.name = 'ds'", &[], &[]),
    ];
    for (filter, order_by, names) in cases {
        let body = json!({ "experiment_ids": [experiment], "filter": filter, "order_by": order_by });
        let answer = well(api.post("/runs/search", body).await);
        let runs = answer["runs"].as_array().cloned().unwrap_or_default();
        let found: Vec<_> = runs.iter().map(|run| run["info"]["run_name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{filter} {order_by:?}");
    }
    let page = |token: Option<&str>| json!({ "experiment_ids": [experiment], "max_results": 3, "page_token": token });
    let first = well(api.post("/runs/search", page(None)).await);
    let rest = well(api.post("/runs/search", page(first["next_page_token"].as_str())).await);
    assert_eq!(rest["runs"].as_array().unwrap().len(), 1);
    for (filter, said) in [
        ("metrics.m = 'x'", "Expected numeric value type for metric"),
        ("params.p = 1", "Expected a quoted string value for parameter"),
        ("nonsense.p = '1'", "Invalid entity type 'nonsense'"),
        ("attributes.nonsense = '1'", "Invalid attribute key 'nonsense'"),
        ("params.p = '1' OR params.p = '2'", "AND"),
    ] {
        let answer = api.post("/runs/search", json!({ "experiment_ids": [experiment], "filter": filter })).await;
        refused(answer, 400, "INVALID_PARAMETER_VALUE", said);
    }
}
