//! Questions as MLflow's pages ask them, over a small REST API.

use axum::body::{Body, to_bytes};
use axum::extract::{Query, RawQuery};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use tower_service::Service;

use super::query::read;
use crate::router;

const RUN: &str = "query GetRun($data: MlflowGetRunInput!) @component(name: \"MLflow.ExperimentRunTracking\") {
  mlflowGetRun(input: $data) {
    __typename
    apiError { helpUrl code message }
    run {
      info { runName status endTime startTime userId __typename }
      experiment { experimentId name tags { key value } lastUpdateTime }
      modelVersions { version name }
      data { metrics { key value step timestamp } params { key value } }
      inputs { datasetInputs { dataset { digest } tags { key value } } modelInputs { modelId } }
      outputs { modelOutputs { modelId step } }
    }
  }
}";

type Asked = Query<std::collections::HashMap<String, String>>;

/// Of two runs, of which one has everything and one has nothing.
fn api() -> Router {
    let run = |id: &str| match id {
        "full" => json!({
            "info": {"run_id": "full", "run_name": "all of it", "status": "FINISHED", "start_time": 1_795_713_896_601_u64,
                     "end_time": 1_795_713_899_311_u64, "experiment_id": "7"},
            "data": {"metrics": [{"key": "loss", "value": 0.5, "step": 3, "timestamp": 10},
                                 {"key": "auroc", "value": "NaN", "step": 0, "timestamp": 10}],
                     "params": [{"key": "layers", "value": "2"}]},
            "inputs": {"dataset_inputs": [{"dataset": {"name": "trial", "digest": "abc"}}]},
        }),
        _ => json!({"info": {"run_id": id, "experiment_id": "7"}}),
    };
    let missing = |message: &str| {
        (StatusCode::NOT_FOUND, Json(json!({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": message})))
    };
    Router::new()
        .route(
            "/ajax-api/2.0/mlflow/runs/get",
            get(async move |Query(asked): Asked, headers: HeaderMap| {
                if headers.get("authorization").is_none_or(|value| value != "Basic me") {
                    return Err((StatusCode::FORBIDDEN, Json(json!({"message": "Permission denied"}))));
                }
                match asked["run_id"].as_str() {
                    "gone" => Err(missing("Run with id=gone not found")),
                    id => Ok(Json(json!({"run": run(id)}))),
                }
            }),
        )
        .route(
            "/ajax-api/2.0/mlflow/runs/search",
            post(async move |Json(asked): Json<Value>| {
                assert_eq!(asked, json!({"experiment_ids": ["7"], "filter": "metrics.loss < 1"}));
                Json(json!({"runs": [run("full"), run("empty")], "next_page_token": "more"}))
            }),
        )
        .route(
            "/ajax-api/2.0/mlflow/experiments/get",
            get(async |Query(asked): Asked| {
                let id = &asked["experiment_id"];
                Json(json!({"experiment": {"experiment_id": id, "name": "trial", "last_update_time": 5}}))
            }),
        )
        .route(
            "/ajax-api/2.0/mlflow/model-versions/search",
            get(async |Query(asked): Asked| match asked["filter"].as_str() {
                "run_id='full'" => Json(json!({"model_versions": [{"name": "risk", "version": "1"}]})),
                _ => Json(json!({})),
            }),
        )
        .route(
            "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval",
            get(async |RawQuery(asked): RawQuery| {
                assert_eq!(asked.unwrap(), "max_results=2&metric_key=a+%26+b&run_ids=x&run_ids=y");
                Json(json!({"metrics": [{"key": "a & b", "value": 1.5, "step": 2, "timestamp": 3, "run_id": "x"}]}))
            }),
        )
}

async fn ask(body: Value) -> Value {
    let request = Request::post("/graphql").header("authorization", "Basic me").body(Body::from(body.to_string()));
    let response = router(None, api()).call(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

async fn run(id: &str) -> Value {
    ask(json!({"operationName": "GetRun", "query": RUN, "variables": {"data": {"runId": id}}})).await
}

#[tokio::test]
async fn a_run_is_told_as_its_page_asks() {
    let expected = json!({
        "__typename": "MlflowGetRunResponse",
        "apiError": null,
        "run": {
            "info": {"runName": "all of it", "status": "FINISHED", "startTime": "1795713896601",
                     "endTime": "1795713899311", "userId": "", "__typename": "MlflowRunInfo"},
            "experiment": {"experimentId": "7", "name": "trial", "tags": [], "lastUpdateTime": "5"},
            "modelVersions": [{"version": "1", "name": "risk"}],
            "data": {"metrics": [{"key": "loss", "value": 0.5, "step": "3", "timestamp": "10"},
                                 {"key": "auroc", "value": null, "step": "0", "timestamp": "10"}],
                     "params": [{"key": "layers", "value": "2"}]},
            "inputs": {"datasetInputs": [{"dataset": {"digest": "abc"}, "tags": []}], "modelInputs": []},
            "outputs": {"modelOutputs": []},
        },
    });
    assert_eq!(run("full").await, json!({"data": {"mlflowGetRun": expected}, "errors": null}));
    let empty = run("empty").await;
    assert_eq!(empty["data"]["mlflowGetRun"]["run"]["info"]["endTime"], "0");
    assert_eq!(empty["data"]["mlflowGetRun"]["run"]["data"], json!({"metrics": [], "params": []}));
    let gone = json!({"data": {"mlflowGetRun": null}, "errors": ["Run with id=gone not found"]});
    assert_eq!(run("gone").await, gone);
}

#[tokio::test]
async fn searches_and_histories_are_told_too() {
    let query = "query SearchRuns($data: MlflowSearchRunsInput!) { mlflowSearchRuns(input: $data) {
                   runs { ...Named experiment { name } modelVersions { name } } nextPageToken } }
                 fragment Named on MlflowRunExtension { info { name: runName } }";
    let input = json!({"experimentIds": ["7"], "filter": "metrics.loss < 1", "pageToken": null});
    let told = ask(json!({"query": query, "variables": {"data": input}})).await;
    let runs = json!([
        {"info": {"name": "all of it"}, "experiment": {"name": "trial"}, "modelVersions": [{"name": "risk"}]},
        {"info": {"name": ""}, "experiment": {"name": "trial"}, "modelVersions": []},
    ]);
    assert_eq!(told["data"]["mlflowSearchRuns"], json!({"runs": runs, "nextPageToken": "more"}));

    let query = "{ history: mlflowGetMetricHistoryBulkInterval(input: {runIds: [\"x\", \"y\"], metricKey: \"a & b\", \
                 startStep: null, maxResults: 2}) { __typename metrics { key runId step timestamp value } } }";
    let told = ask(json!({"query": query})).await;
    let metric = json!({"key": "a & b", "runId": "x", "step": "2", "timestamp": "3", "value": 1.5});
    let expected = json!({"__typename": "MlflowGetMetricHistoryBulkIntervalResponse", "metrics": [metric]});
    assert_eq!(told["data"]["history"], expected);
}

/// Whoever may not ask the one may not ask the other.
#[tokio::test]
async fn it_asks_in_the_name_of_who_asks() {
    let body = json!({"query": RUN, "variables": {"data": {"runId": "full"}}});
    let request = Request::post("/graphql").body(Body::from(body.to_string())).unwrap();
    let response = router(None, api()).call(request).await.unwrap();
    let told: Value = serde_json::from_slice(&to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap();
    assert_eq!(told, json!({"data": {"mlflowGetRun": null}, "errors": ["Permission denied"]}));
}

#[test]
fn what_cannot_be_answered_is_said() {
    let error = |query: &str| read(query, None, &Map::new()).unwrap_err().to_string();
    assert!(error("query {").starts_with("Syntax Error: "));
    assert_eq!(error("{ nothing { x } }"), "Cannot query field 'nothing' on type 'Query'.");
    let field = "{ mlflowGetExperiment(input: {}) { experiment { nope } } }";
    assert_eq!(error(field), "Cannot query field 'nope' on type 'MlflowExperiment'.");
    let bare = "{ mlflowGetExperiment(input: {}) { experiment } }";
    assert_eq!(error(bare), "Field 'experiment' must have a selection of subfields.");
    let name = "{ mlflowGetExperiment(input: {}) { experiment { name { x } } } }";
    assert_eq!(error(name), "Field 'name' must not have a selection since it has no subfields.");
    assert_eq!(error("{ mlflowGetRun(input: $x) { run { info { runId } } } }"), "Variable '$x' is not defined.");
    assert_eq!(
        error("{ mlflowGetRun(input: 1) { __typename } }"),
        "Argument 'input' of 'mlflowGetRun' must be an object."
    );
    assert_eq!(error("{ mlflowGetRun @skip(if: true) { __typename } }"), "Unknown directive '@skip'.");
    assert_eq!(error("{ ...Nowhere }"), "Unknown fragment 'Nowhere'.");
    assert_eq!(error("{ ...A } fragment A on Query { ...A }"), "Query exceeds maximum depth of 10");
    let wide = format!("{{ mlflowGetRun {{ {} }} }}", "__typename ".repeat(1_001));
    assert_eq!(error(&wide), "Query exceeds maximum total selections of 1000");
    let many = format!("{{ {} }}", "mlflowGetRun { __typename } ".repeat(11));
    assert!(error(&many).starts_with("GraphQL queries should have at most 10 root fields"));
    assert_eq!(error(&"{ a ".repeat(10_000)), "Query exceeds maximum depth of 10");
    let two = "query A { mlflowGetRun { __typename } } query B { mlflowGetRun { __typename } }";
    assert_eq!(error(two), "Must provide an operation name if the query contains several.");
    assert_eq!(read(two, Some("B"), &Map::new()).unwrap().len(), 1);
    assert!(read(two, Some("C"), &Map::new()).is_err());
}
