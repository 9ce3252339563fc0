//! Traces, their spans and what people thought of them.

use serde_json::{Value, json};

use crate::api::{Api, refused, well};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_on_sqlite() {
    check(&Api::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_on_postgres() {
    if let Some(api) = Api::postgres().await {
        check(&api).await;
    }
}

const V3: &str = "/api/3.0/mlflow/traces";

async fn check(api: &Api) {
    let made = well(api.post("/experiments/create", json!({ "name": "traces" })).await);
    let experiment = made["experiment_id"].as_str().unwrap();
    a_trace_is_started_tagged_and_deleted(api, experiment).await;
    spans_make_traces(api, experiment).await;
    traces_are_found(api, experiment).await;
    people_assess(api, experiment).await;
    the_second_version_works(api, experiment).await;
}

async fn start(api: &Api, experiment: &str, id: &str, time: &str, tags: Value) -> Value {
    let location = json!({ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": { "experiment_id": experiment } });
    let info = json!({
        "trace_id": id, "trace_location": location, "request_time": time, "execution_duration": "1.500s",
        "state": "OK", "tags": tags, "request_preview": "asked", "trace_metadata": { "k": "v" },
    });
    well(api.post(V3, json!({ "trace": { "trace_info": info } })).await)["trace"]["trace_info"].clone()
}

async fn search(api: &Api, experiment: &str, filter: &str) -> Vec<String> {
    let location = json!([{ "mlflow_experiment": { "experiment_id": experiment } }]);
    let body = json!({ "locations": location, "filter": filter, "max_results": 100 });
    let found = well(api.post(&format!("{V3}/search"), body).await);
    let traces = found["traces"].as_array().cloned().unwrap_or_default();
    traces.iter().map(|trace| trace["trace_id"].as_str().unwrap().to_owned()).collect()
}

async fn a_trace_is_started_tagged_and_deleted(api: &Api, experiment: &str) {
    let info =
        start(api, experiment, "tr-1", "1970-01-01T00:00:01Z", json!({ "a": "b", "mlflow.artifactLocation": "x" }))
            .await;
    assert_eq!(info["execution_duration"], "1.500s");
    assert_eq!(info["tags"]["a"], "b");
    let location = format!("mlflow-artifacts:/{experiment}/traces/tr-1/artifacts");
    assert_eq!(info["tags"]["mlflow.artifactLocation"], location, "the server's own");
    let tags = format!("{V3}/tr-1/tags");
    well(api.patch(&tags, json!({ "key": "c", "value": "d" })).await);
    well(api.delete(&tags, json!({ "key": "a" })).await);
    refused(api.delete(&tags, json!({ "key": "a" })).await, 404, "RESOURCE_DOES_NOT_EXIST", "No trace tag");
    let own = json!({ "key": "mlflow.artifactLocation", "value": "x" });
    refused(api.patch(&tags, own).await, 400, "INVALID_PARAMETER_VALUE", "immutable");
    let read = well(api.get(&format!("{V3}/tr-1"), &[]).await);
    assert_eq!(read["trace"]["trace_info"]["tags"]["c"], "d");

    let everything = json!({ "experiment_id": experiment });
    refused(api.post("/traces/delete-traces", everything).await, 400, "INVALID_PARAMETER_VALUE", "must be specified");
    let one = json!({ "experiment_id": experiment, "request_ids": ["tr-1"] });
    assert_eq!(well(api.post("/traces/delete-traces", one).await)["traces_deleted"], 1);
    refused(api.get(&format!("{V3}/tr-1"), &[]).await, 404, "RESOURCE_DOES_NOT_EXIST", "not found");
}

fn exported(trace: &str, spans: &[(&str, Option<&str>, Value)]) -> Value {
    let spans: Vec<Value> = spans
        .iter()
        .map(|(id, parent, attributes)| {
            json!({
                "traceId": trace, "spanId": id, "parentSpanId": parent.unwrap_or(""), "name": format!("span {id}"),
                "startTimeUnixNano": "1000000000", "endTimeUnixNano": "3000000000", "attributes": attributes,
            })
        })
        .collect();
    let resource = json!({ "attributes": [{ "key": "host", "value": { "stringValue": "ward 7" } }] });
    json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "spans": spans }] }] })
}

async fn spans_make_traces(api: &Api, experiment: &str) {
    let trace = "0a".repeat(16);
    let tokens = |n: i64| json!([{ "key": "gen_ai.usage.input_tokens", "value": { "intValue": n } }]);
    let child = exported(&trace, &[("0000000000000002", Some("0000000000000001"), tokens(5))]);
    well(api.export(experiment, child).await);
    let id = format!("tr-{trace}");
    let info = well(api.get(&format!("{V3}/{id}"), &[]).await)["trace"]["trace_info"].clone();
    assert_eq!((&info["state"], &info["tags"]["host"]), (&json!("IN_PROGRESS"), &json!("ward 7")));
    let root = json!([
        { "key": "mlflow.spanInputs", "value": { "stringValue": "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}" } },
        { "key": "mlflow.traceTag.team", "value": { "stringValue": "icu" } },
        { "key": "session.id", "value": { "stringValue": "s1" } },
    ]);
    well(api.export(experiment, exported(&trace, &[("0000000000000001", None, root)])).await);

    let whole = well(api.get(&format!("{V3}/get"), &[("trace_id", &id)]).await)["trace"].clone();
    let info = &whole["trace_info"];
    assert_eq!((&info["state"], &info["tags"]["team"]), (&json!("OK"), &json!("icu")));
    assert_eq!((&info["request_preview"], &info["execution_duration"]), (&json!("hi"), &json!("2s")));
    assert_eq!(info["trace_metadata"]["mlflow.trace.session"], "s1");
    let usage: Value =
        serde_json::from_str(info["trace_metadata"]["mlflow.trace.tokenUsage"].as_str().unwrap()).unwrap();
    assert_eq!(usage["input_tokens"], 5);
    let spans = whole["spans"].as_array().unwrap();
    assert_eq!(
        spans.iter().map(|span| span["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["span 0000000000000001", "span 0000000000000002"]
    );
    let batch = well(api.get(&format!("{V3}/batchGet"), &[("trace_ids", &id)]).await);
    assert_eq!(batch["traces"], json!([whole]));

    for (filter, found) in [
        ("span.name = 'span 0000000000000002'", true),
        ("span.name LIKE 'other%'", false),
        ("span.attributes.session.id LIKE '%s1%'", true),
        ("trace.text LIKE '%hi%'", true),
        ("span.attributes.session.id = 's1'", true),
        ("span.attributes.session.id IN ('s2', 's1')", true),
        ("span.attributes.session.id RLIKE '^s[0-9]$'", true),
        ("span.attributes.session.id RLIKE '^[0-9]'", false),
        ("span.name RLIKE '2$' AND span.type = 'UNKNOWN'", true),
        ("span.name RLIKE '2$' AND span.type = 'LLM'", false),
        ("span.name RLIKE '2$' AND span.attributes.session.id RLIKE 's1'", false),
        ("tags.team RLIKE '^(icu|ward)$' AND metadata.`mlflow.trace.session` RLIKE 's.'", true),
        ("tags.team RLIKE '^i$'", false),
        ("tags.team = 'icu' AND metadata.`mlflow.trace.session` = 's1'", true),
    ] {
        assert_eq!(search(api, experiment, filter).await.contains(&id), found, "{filter}");
    }
    let (status, refusal) = api.export("999999", exported(&trace, &[("01", None, json!([]))])).await;
    assert_eq!((status.as_u16(), refusal["error_code"].as_str()), (404, Some("RESOURCE_DOES_NOT_EXIST")));
    let (status, _) = api.export(experiment, exported("", &[("01", None, json!([]))])).await;
    assert_eq!(status.as_u16(), 422);
    let (status, _) = api.export(experiment, json!({ "resourceSpans": [] })).await;
    assert_eq!(status.as_u16(), 400);
}

async fn traces_are_found(api: &Api, experiment: &str) {
    for (id, time, env) in [("tr-a", 10, "prod"), ("tr-b", 11, "prod"), ("tr-c", 12, "dev")] {
        start(api, experiment, id, &format!("2020-01-01T00:00:{time}Z"), json!({ "env": env })).await;
    }
    assert_eq!(search(api, experiment, "tags.env = 'prod'").await, ["tr-b", "tr-a"], "the newest first");
    assert_eq!(search(api, experiment, "tags.env IS NOT NULL AND request_id != 'tr-a'").await, ["tr-c", "tr-b"]);
    assert_eq!(search(api, experiment, "timestamp_ms > 1577836810000 AND status = 'OK'").await, ["tr-c", "tr-b"]);
    assert_eq!(search(api, experiment, "request_id IN ('tr-a', 'tr-c')").await, ["tr-c", "tr-a"]);
    assert_eq!(search(api, experiment, "request_id RLIKE 'tr-[ac]$' AND tags.env != 'x'").await, ["tr-c", "tr-a"]);
    let location = json!([{ "mlflow_experiment": { "experiment_id": experiment } }]);
    let asking = |page_token: &str| {
        let filter = "request_id RLIKE '^tr-[abc]$'";
        json!({ "locations": location, "filter": filter, "max_results": 2, "page_token": page_token })
    };
    let first = well(api.post(&format!("{V3}/search"), asking("")).await);
    let second = well(api.post(&format!("{V3}/search"), asking(first["next_page_token"].as_str().unwrap())).await);
    assert_eq!((&first["traces"][1]["trace_id"], &second["traces"][0]["trace_id"]), (&json!("tr-b"), &json!("tr-a")));
    assert_eq!(second.get("next_page_token"), None);

    let run = well(api.post("/runs/create", json!({ "experiment_id": experiment })).await);
    let run = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    well(api.post("/traces/link-to-run", json!({ "run_id": run, "trace_ids": ["tr-a"] })).await);
    assert_eq!(search(api, experiment, &format!("run_id = '{run}'")).await, ["tr-a"]);
    let prompts = json!({ "trace_id": "tr-b", "prompt_versions": [{ "name": "p", "version": "1" }] });
    well(api.post("/traces/link-prompts", prompts).await);
    assert_eq!(search(api, experiment, "prompt = 'p/1'").await, ["tr-b"]);

    let asking = json!({
        "experiment_ids": [experiment], "filter_string1": "tags.env = 'prod'", "filter_string2": "request_id != 'tr-c'",
        "base_filter": "tags.env IS NOT NULL",
    });
    let counted = well(api.post(&format!("{V3}/calculate-filter-correlation"), asking).await);
    assert_eq!((&counted["total_count"], &counted["joint_count"]), (&json!(3), &json!(2)));
    assert!(counted["npmi"].as_f64().unwrap() > 0.999, "{counted}");
    let asking = json!({
        "experiment_ids": [experiment], "view_type": "TRACES", "metric_name": "trace_count",
        "aggregations": [{ "aggregation_type": "COUNT" }], "dimensions": ["trace_status"],
    });
    let counted = well(api.post(&format!("{V3}/metrics"), asking).await);
    assert_eq!(counted["data_points"][0]["dimensions"], json!({ "trace_status": "OK" }));
    figures_are_filtered(api, experiment).await;
    for bad in [
        "request_id RLIKE '('",
        "timestamp_ms RLIKE '1'",
        "prompt RLIKE '1'",
        "trace.text RLIKE 'x'",
        "nonsense = 'x'",
        "nonsense.x = 'x'",
        "status > 'x'",
        "span.x = 'y'",
        "name LIKE",
    ] {
        let location = json!([{ "mlflow_experiment": { "experiment_id": experiment } }]);
        let body = json!({ "locations": location, "filter": bad });
        refused(api.post(&format!("{V3}/search"), body).await, 400, "INVALID_PARAMETER_VALUE", "Invalid");
    }
}

async fn figures_are_filtered(api: &Api, experiment: &str) {
    let measure = async |view: &str, metric: &str, aggregation: &str, dimensions: Value, filters: Value| {
        api.post(
            &format!("{V3}/metrics"),
            json!({
                "experiment_ids": [experiment], "view_type": view, "metric_name": metric, "dimensions": dimensions,
                "aggregations": [{ "aggregation_type": aggregation }], "filters": filters,
            }),
        )
        .await
    };
    for (view, metric, aggregation, dimensions, filters, expected) in [
        ("TRACES", "trace_count", "COUNT", json!([]), json!(["trace.tag.env = 'prod'"]), 2.0),
        ("TRACES", "trace_count", "COUNT", json!([]), json!(["trace.tag.env = 'dev'", "trace.status = 'OK'"]), 1.0),
        ("TRACES", "trace_count", "COUNT", json!([]), json!(["trace.metadata.`mlflow.trace.session` = 's1'"]), 1.0),
        ("TRACES", "session_count", "COUNT", json!([]), json!([]), 1.0),
        ("TRACES", "input_tokens", "SUM", json!([]), json!([]), 5.0),
        ("SPANS", "span_count", "COUNT", json!([]), json!(["span.name = 'span 0000000000000002'"]), 1.0),
        ("SPANS", "latency", "MAX", json!(["span_name"]), json!([]), 2000.0),
    ] {
        let found = well(measure(view, metric, aggregation, dimensions, filters.clone()).await);
        assert_eq!(found["data_points"][0]["values"][aggregation], expected, "{metric} {filters}: {found}");
    }
    for (view, metric, filter, message) in [
        ("TRACES", "trace_count", "trace.status != 'OK'", "only '=' operator is supported"),
        ("TRACES", "trace_count", "trace.tag = 'OK'", "requires a key"),
        ("TRACES", "trace_count", "span.name = 'OK'", "only supported for Spans"),
        ("TRACES", "trace_count", "status = 'OK'", "Invalid identifier"),
        ("TRACES", "trace_count", "trace.x = 'OK'", "Invalid entity 'x'"),
        ("TRACES", "trace_count", "trace.status = 'a' AND trace.status = 'b'", "Expected one filter clause"),
        ("TRACES", "span_count", "", "metric_name must be one of"),
        ("TRACES", "latency", "", "Found invalid aggregation_type(s): ['COUNT']"),
        ("RUNS", "latency", "", "view_type must be one of"),
    ] {
        let said = measure(view, metric, "COUNT", json!([]), json!([filter])).await;
        refused(said, 400, "INVALID_PARAMETER_VALUE", message);
    }
}

async fn people_assess(api: &Api, experiment: &str) {
    let of = format!("{V3}/tr-a/assessments");
    let source = json!({ "source_type": "HUMAN", "source_id": "nurse" });
    let first = json!({ "assessment": { "assessment_name": "score", "feedback": { "value": 4.0 }, "source": source } });
    let first = well(api.post(&of, first).await)["assessment"].clone();
    assert_eq!((&first["feedback"]["value"], &first["valid"]), (&json!(4), &json!(true)));
    let id = first["assessment_id"].as_str().unwrap();
    assert_eq!(search(api, experiment, "feedback.score >= 4").await, ["tr-a"]);
    assert_eq!(search(api, experiment, "feedback.score = '5'").await, [""; 0]);

    let better = json!({ "assessment": {
        "assessment_name": "score", "feedback": { "value": "good" }, "source": source, "overrides": id } });
    let better = well(api.post(&of, better).await)["assessment"].clone();
    let read = async || well(api.get(&format!("{of}/{id}"), &[]).await)["assessment"].clone();
    assert_eq!(read().await["valid"], false);
    assert_eq!(search(api, experiment, "feedback.score = 'good'").await, ["tr-a"]);
    well(api.delete(&format!("{of}/{}", better["assessment_id"].as_str().unwrap()), json!({})).await);
    assert_eq!(read().await["valid"], true);

    let change = json!({ "assessment": { "rationale": "why" }, "update_mask": "rationale" });
    let changed = well(api.patch(&format!("{of}/{id}"), change).await)["assessment"].clone();
    assert_eq!((&changed["rationale"], &changed["feedback"]["value"]), (&json!("why"), &json!(4)));
    let wrong = json!({ "assessment": { "expectation": { "value": 1 } }, "update_mask": "expectation" });
    refused(api.patch(&format!("{of}/{id}"), wrong).await, 400, "INVALID_PARAMETER_VALUE", "Cannot update");
    let nowhere = json!({ "assessment": { "assessment_name": "x", "feedback": { "value": 1 } } });
    refused(api.post(&format!("{V3}/tr-none/assessments"), nowhere).await, 404, "RESOURCE_DOES_NOT_EXIST", "tr-none");
}

async fn the_second_version_works(api: &Api, experiment: &str) {
    let begin = json!({ "experiment_id": experiment, "timestamp_ms": 1000, "tags": [{ "key": "a", "value": "1" }] });
    let info = well(api.post("/traces", begin).await)["trace_info"].clone();
    assert_eq!((&info["status"], &info["execution_time_ms"]), (&json!("IN_PROGRESS"), &json!(0)));
    let path = format!("/traces/{}", info["request_id"].as_str().unwrap());
    let end = json!({ "timestamp_ms": 3000, "status": "ERROR", "tags": [{ "key": "b", "value": "2" }] });
    let info = well(api.patch(&path, end).await)["trace_info"].clone();
    assert_eq!((&info["status"], &info["execution_time_ms"]), (&json!("ERROR"), &json!(2000)));
    assert_eq!(well(api.get(&format!("{path}/info"), &[]).await)["trace_info"], info);
    let found = well(api.get("/traces", &[("experiment_ids", experiment), ("filter", "status = 'ERROR'")]).await);
    assert_eq!(found["traces"], json!([info]));
}
