//! Metrics: what is logged is there, once, in order.

use serde_json::{Value, json};

use crate::api::{Api, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

async fn check(api: &Api) {
    a_history_has_an_order(api).await;
    a_point_is_kept_once(api).await;
    pages_go_through_chunks(api).await;
    values_that_are_no_numbers(api).await;
    samples_are_even(api).await;
    histories_of_many_runs(api).await;
    points_of_logged_models(api).await;
    what_is_wrong_is_refused(api).await;
}

pub(crate) async fn run(api: &Api) -> String {
    let body = well(api.post("/runs/create", json!({ "experiment_id": "0" })).await);
    body["run"]["info"]["run_id"].as_str().unwrap().to_owned()
}

async fn log(api: &Api, run: &str, key: &str, value: Value, timestamp: i64, step: i64) {
    let body =
        json!({ "run_id": run, "run_uuid": run, "key": key, "value": value, "timestamp": timestamp, "step": step });
    assert_eq!(well(api.post("/runs/log-metric", body).await), json!({}));
}

async fn history(api: &Api, run: &str, key: &str) -> Vec<(i64, i64, f64)> {
    let body = well(api.get("/metrics/get-history", &[("run_id", run), ("metric_key", key)]).await);
    points(&body)
}

fn points(body: &Value) -> Vec<(i64, i64, f64)> {
    let point = |metric: &Value| {
        let number = |name: &str| metric[name].as_i64().unwrap();
        (number("timestamp"), number("step"), metric["value"].as_f64().unwrap_or(f64::NAN))
    };
    body["metrics"].as_array().into_iter().flatten().map(point).collect()
}

async fn a_history_has_an_order(api: &Api) {
    let run = run(api).await;
    assert!(history(api, &run, "loss").await.is_empty());
    for (timestamp, step, value) in [(3, 0, 1.0), (1, 5, 2.0), (1, 2, 9.0), (1, 2, -9.0)] {
        log(api, &run, "loss", json!(value), timestamp, step).await;
    }
    assert_eq!(history(api, &run, "loss").await, [(1, 2, -9.0), (1, 2, 9.0), (1, 5, 2.0), (3, 0, 1.0)]);
}

async fn a_point_is_kept_once(api: &Api) {
    let run = run(api).await;
    for value in [json!(0.5), json!("0.5"), json!(0.5)] {
        log(api, &run, "auroc", value, 7, 1).await;
    }
    assert_eq!(history(api, &run, "auroc").await, [(7, 1, 0.5)]);
}

async fn pages_go_through_chunks(api: &Api) {
    let run = run(api).await;
    // Backwards and forwards: in the middle of chunks, and at their ends.
    for step in (0..300).rev().chain(600..900).chain(300..600) {
        log(api, &run, "loss", json!(step), 1000 + step, step).await;
    }
    let all: Vec<_> = (0..900).map(|step| (1000 + step, step, step as f64)).collect();
    assert_eq!(history(api, &run, "loss").await, all);
    let (mut token, mut found) = (String::new(), Vec::new());
    loop {
        let asked = [("run_id", run.as_str()), ("metric_key", "loss"), ("max_results", "70"), ("page_token", &token)];
        let body = well(api.get("/metrics/get-history", &asked).await);
        found.extend(points(&body));
        match body["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(found, all);
}

async fn values_that_are_no_numbers(api: &Api) {
    let run = run(api).await;
    log(api, &run, "odd", json!("NaN"), 1, 1).await;
    log(api, &run, "odd", json!("NaN"), 1, 1).await;
    log(api, &run, "odd", json!("Infinity"), 1, 2).await;
    log(api, &run, "odd", json!("-Infinity"), 1, 3).await;
    let body = well(api.get("/metrics/get-history", &[("run_id", &run), ("metric_key", "odd")]).await);
    let values: Vec<_> = body["metrics"].as_array().unwrap().iter().map(|metric| &metric["value"]).collect();
    assert_eq!(values, [&json!("NaN"), &json!(f64::MAX), &json!(-f64::MAX)]);
}

async fn samples_are_even(api: &Api) {
    let run = run(api).await;
    for step in 0..20 {
        log(api, &run, "loss", json!(10.0), 1, step).await;
    }
    let ask = async |more: &[(&str, &str)]| {
        let asked = [&[("run_ids", run.as_str()), ("metric_key", "loss"), ("max_results", "5")], more].concat();
        let body = well(api.get("/metrics/get-history-bulk-interval", &asked).await);
        assert!(body["metrics"].as_array().into_iter().flatten().all(|metric| metric["run_id"] == json!(run)));
        points(&body).iter().map(|(_, step, _)| *step).collect::<Vec<_>>()
    };
    assert_eq!(ask(&[]).await, [0, 4, 8, 12, 19]);
    assert_eq!(ask(&[("start_step", "3"), ("end_step", "6")]).await, [3, 4, 5, 6]);
    assert!(ask(&[("start_step", "100"), ("end_step", "200")]).await.is_empty());
}

async fn histories_of_many_runs(api: &Api) {
    let (one, other) = (run(api).await, run(api).await);
    for run in [&one, &other] {
        for step in 0..3 {
            log(api, run, "loss", json!(1.0), 1, step).await;
        }
    }
    let asked = [("run_id", one.as_str()), ("run_id", other.as_str()), ("metric_key", "loss"), ("max_results", "4")];
    let body = well(api.get("/metrics/get-history-bulk", &asked).await);
    assert_eq!(points(&body), [(1, 0, 1.0), (1, 1, 1.0), (1, 2, 1.0), (1, 0, 1.0)]);
    let nothing = [("run_id", one.as_str()), ("metric_key", "none")];
    assert_eq!(well(api.get("/metrics/get-history-bulk", &nothing).await), json!({ "metrics": [] }));
}

async fn points_of_logged_models(api: &Api) {
    let run = run(api).await;
    let model = well(api.post("/logged-models", json!({ "experiment_id": "0" })).await);
    let model = model["model"]["info"]["model_id"].as_str().unwrap().to_owned();
    for (value, dataset) in [(json!(0.5), Some("d")), (json!(0.5), Some("d")), (json!("NaN"), None)] {
        let body = json!({
            "run_id": run, "key": "auroc", "value": value, "timestamp": 1, "step": 1, "model_id": model,
            "dataset_name": dataset, "dataset_digest": dataset,
        });
        well(api.post("/runs/log-metric", body).await);
    }
    let body = well(api.get(&format!("/logged-models/{model}"), &[]).await);
    let metrics = body["model"]["data"]["metrics"].as_array().unwrap();
    assert_eq!(metrics.len(), 2, "{metrics:?}");
    assert_eq!((&metrics[0]["run_id"], &metrics[0]["dataset_name"]), (&json!(run), &json!("d")));
    let unknown = json!({ "run_id": run, "key": "k", "value": 1, "timestamp": 1, "model_id": "m-0" });
    refused(api.post("/runs/log-metric", unknown).await, 404, "RESOURCE_DOES_NOT_EXIST", "'m-0' not found");
}

async fn what_is_wrong_is_refused(api: &Api) {
    let run = run(api).await;
    let wrong = "INVALID_PARAMETER_VALUE";
    let good = json!({ "run_id": run, "key": "k", "value": 1, "timestamp": 1, "step": 1 });
    for (field, value, message) in [
        ("run_id", json!(31), "Invalid value 31 for parameter 'run_id' supplied"),
        ("run_id", Value::Null, "Missing value for required parameter 'run_id'"),
        ("key", json!(31), "Invalid value 31 for parameter 'key' supplied"),
        ("key", json!(""), "Missing value for required parameter 'key'"),
        ("key", json!("a//b"), "Invalid value \"a//b\" for parameter 'name' supplied"),
        ("step", json!("foo"), "Invalid value \"foo\" for parameter 'step' supplied"),
        ("timestamp", json!("foo"), "Invalid value \"foo\" for parameter 'timestamp' supplied"),
        ("value", Value::Null, "Missing value for required parameter 'value'"),
    ] {
        let mut body = good.clone();
        body[field] = value;
        refused(api.post("/runs/log-metric", body).await, 400, wrong, message);
    }
    let nobody = json!({ "run_id": "nobody", "key": "k", "value": 1, "timestamp": 1 });
    refused(api.post("/runs/log-metric", nobody).await, 404, "RESOURCE_DOES_NOT_EXIST", "Run with id=nobody not found");
    let ids: Vec<String> = (0..101).map(|number| format!("id{number}")).collect();
    let many = |name: &'static str| ids.iter().map(|id| (name, id.as_str())).collect::<Vec<_>>();
    for (path, asked, message) in [
        ("get-history", vec![("run_id", "r")], "Missing value for required parameter 'metric_key'"),
        ("get-history", vec![("run_id", "r"), ("metric_key", "k"), ("max_results", "0")], "a positive integer"),
        ("get-history", vec![("run_id", "r"), ("metric_key", "k"), ("page_token", "x")], "Invalid page token"),
        ("get-history-bulk", vec![("metric_key", "k")], "must specify at least one run_id"),
        ("get-history-bulk", vec![("run_id", "r")], "must specify a metric_key"),
        ("get-history-bulk", many("run_id"), "cannot specify more than"),
        ("get-history-bulk-interval", vec![("metric_key", "k")], "Missing value for required parameter 'run_ids'."),
        ("get-history-bulk-interval", many("run_ids"), "must specify at most 100 run_ids."),
        ("get-history-bulk-interval", vec![("run_ids", "r")], "Missing value for required parameter 'metric_key'"),
        (
            "get-history-bulk-interval",
            vec![("run_ids", "r"), ("metric_key", "k"), ("max_results", "0")],
            "max_results must be between 1 and 2500",
        ),
        (
            "get-history-bulk-interval",
            vec![("run_ids", "r"), ("metric_key", "k"), ("start_step", "1"), ("end_step", "0")],
            "end_step must be greater than start_step. ",
        ),
        (
            "get-history-bulk-interval",
            vec![("run_ids", "r"), ("metric_key", "k"), ("start_step", "1")],
            "both must be specified.",
        ),
    ] {
        refused(api.get(&format!("/metrics/{path}"), &asked).await, 400, wrong, message);
    }
}
