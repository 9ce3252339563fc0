//! Moving in from MLflow, and out to it, with a store that MLflow's own server made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use strata_database::{Database, raw_sql};
use strata_registry::lifecycle::{From, Imported, Store, To};

use super::{SCHEMA, everywhere, golden, recorded, rows, sqlite, store};
use crate::api::{Api, names, refused, well};

const FIRST: &str = "a3c7b4f51c04458487a58d67b83af0cb";

async fn import(store: &Store, from: &From) -> Imported {
    store.import(from, &mut |_, _, _| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_mlflow_kept_is_here() {
    everywhere(async |api| {
        let folder = tempfile::tempdir().unwrap();
        let file = golden(folder.path()).await;
        let artifacts = folder.path().join("artifacts");
        let notes = artifacts.join(format!("1/{FIRST}/artifacts/notes"));
        std::fs::create_dir_all(&notes).unwrap();
        std::fs::write(notes.join("ä ö.txt"), "hello").unwrap();
        let before = std::fs::read(&file).unwrap();

        let store = store(&api).await;
        let mut from = From::new(sqlite(&file));
        from.artifacts = Some(artifacts.display().to_string());
        let imported = import(&store, &from).await;
        let counts = (imported.experiments, imported.runs, imported.metric_points, imported.logged_models);
        assert_eq!(counts, (5, 6, 927, 3));
        let counts = (imported.traces, imported.spans, imported.assessments, imported.model_versions);
        assert_eq!(counts, (3, 6, 7, 5));
        assert_eq!((imported.files, imported.webhooks), (1, 2));
        let counts = (imported.evaluation_datasets, imported.evaluation_records, imported.issues, imported.scorers);
        assert_eq!(counts, (2, 3, 2, 1));
        assert_eq!((imported.gateway_secrets, imported.gateway_endpoints), (1, 1));
        // The key of its secrets is not set here.
        assert!(
            imported.notes.iter().any(|note| note.contains("the webhook told is disabled")),
            "{:?}",
            imported.notes
        );
        assert!(std::fs::read(&file).unwrap() == before, "MLflow's database was written");
        assert!(!artifacts.join(".strata-incoming").exists(), "MLflow's folder was written");
        is_here(&api).await;

        // Again, it is there once.
        let again = import(&store, &from).await;
        assert_eq!((again.runs, again.runs_already_there, again.metric_points), (6, 3, 0));
        assert_eq!((again.files, again.files_already_there), (0, 1));
        is_here(&api).await;
        assert_eq!(recorded(&api), ["registry import", "registry import"]);
        store.close().await;
    })
    .await;
}

/// What the golden store holds, as clients see it.
async fn is_here(api: &Api) {
    let found = well(api.post("/experiments/search", json!({ "max_results": 9, "view_type": "ALL" })).await);
    let mut experiments = names(&found["experiments"]);
    experiments.sort_unstable();
    assert_eq!(experiments, ["Default", "empty trial", "gateway/judges", "gone trial", "sepsis trial"]);
    let first = well(api.get("/experiments/get", &[("experiment_id", "0")]).await);
    assert_eq!(first["experiment"]["creation_time"], 1_795_731_088_138_i64);

    let run = well(api.get("/runs/get", &[("run_id", FIRST)]).await)["run"].clone();
    assert_eq!(run["info"]["end_time"], 1_700_000_100_000_i64);
    let keys: Vec<_> = run["data"]["metrics"].as_array().unwrap().iter().map(|metric| &metric["key"]).collect();
    assert_eq!(keys, ["loss", "ward/auroc", "odd", "last is no number", "model auroc"]);
    assert_eq!(run["data"]["metrics"][3]["value"], "NaN");
    assert_eq!(run["inputs"]["dataset_inputs"].as_array().unwrap().len(), 1);
    assert_eq!(run["outputs"]["model_outputs"].as_array().unwrap().len(), 2);
    let asked = [("run_id", FIRST), ("metric_key", "loss"), ("max_results", "1000")];
    let history = well(api.get("/metrics/get-history", &asked).await);
    assert_eq!(history["metrics"].as_array().unwrap().len(), 301);
    let asked = [("run_id", FIRST), ("metric_key", "odd"), ("max_results", "1000")];
    let history = well(api.get("/metrics/get-history", &asked).await);
    let values: Vec<&Value> = history["metrics"].as_array().unwrap().iter().map(|point| &point["value"]).collect();
    assert_eq!(values[0], "NaN");
    assert_eq!(values[1], f64::MAX);
    assert_eq!(values[4], 5e-324);

    let asked = json!({ "locations": [{ "type": "MLFLOW_EXPERIMENT",
        "mlflow_experiment": { "experiment_id": "1" } }], "filter": "trace.status = 'ERROR'" });
    let traces = well(api.post("/api/3.0/mlflow/traces/search", asked).await);
    assert_eq!(traces["traces"].as_array().unwrap().len(), 1);
    let trace = &traces["traces"][0];
    assert_eq!(trace["tags"]["mlflow.traceName"], "ask");
    let usage: Value =
        serde_json::from_str(trace["trace_metadata"]["mlflow.trace.tokenUsage"].as_str().unwrap()).unwrap();
    assert_eq!(usage, json!({ "input_tokens": 3, "output_tokens": 4, "total_tokens": 7 }));
    let id = trace["trace_id"].as_str().unwrap();
    let spans = well(api.get("/api/3.0/mlflow/traces/get", &[("trace_id", id)]).await);
    assert_eq!(spans["trace"]["spans"].as_array().unwrap().len(), 2);

    let alias = [("name", "sepsis risk"), ("alias", "challenger")];
    assert_eq!(well(api.get("/registered-models/alias", &alias).await)["model_version"]["version"], "3");
    let deleted = [("name", "sepsis risk"), ("version", "2")];
    refused(api.get("/model-versions/get", &deleted).await, 404, "RESOURCE_DOES_NOT_EXIST", "not found");
    let scorers = well(
        api.get("/api/3.0/mlflow/scorers/get", &[("experiment_id", "1"), ("name", "kind"), ("version", "1")]).await,
    );
    let judge: Value = serde_json::from_str(scorers["scorer"]["serialized_scorer"].as_str().unwrap()).unwrap();
    assert_eq!(judge["instructions_judge_pydantic_data"]["model"], "gateway:/judges");
    let secrets = well(api.get("/api/3.0/mlflow/gateway/secrets/list", &[]).await);
    assert_eq!(secrets["secrets"][0]["masked_values"], json!({ "api_key": "sk-...6789" }));
    let webhooks = well(api.get("/webhooks", &[]).await);
    assert_eq!(webhooks["webhooks"].as_array().unwrap().len(), 2);
    let path = [("path", &*format!("1/{FIRST}/artifacts/notes"))];
    let listed = well(api.get("/api/2.0/mlflow-artifacts/artifacts", &path).await);
    assert_eq!(listed["files"][0]["path"], "ä ö.txt");
}

/// Killed at whatever moment, it is finished by doing it again: each thing is there once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_was_cut_short_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let from = From::new(sqlite(&golden(folder.path()).await));
    let whole = Api::sqlite().await;
    import(&store(&whole).await, &from).await;
    let expected = contents(&whole).await;
    let mut cuts = 0;
    for at in 1.. {
        let api = Api::sqlite().await;
        let store = store(&api).await;
        let (reached, heard) = (AtomicU64::new(0), tokio::sync::Notify::new());
        let mut progress = |_: &'static str, _, _| {
            if reached.fetch_add(1, Ordering::SeqCst) + 1 == at {
                heard.notify_one();
            }
        };
        tokio::select! {
            biased;
            () = heard.notified() => cuts += 1,
            done = store.import(&from, &mut progress) => {
                done.unwrap();
                break;
            }
        }
        import(&store, &from).await;
        assert_eq!(contents(&api).await, expected, "cut at {at}");
        store.close().await;
    }
    assert!(cuts > 3, "{cuts}");
}

/// How many rows each table has.
async fn contents(api: &Api) -> BTreeMap<String, String> {
    let database = Database::look(&sqlite(&api.folder().join("registry.db"))).await.unwrap();
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let mut counts = BTreeMap::new();
    for table in rows(&database, names).await {
        let count = rows(&database, &format!("SELECT CAST(count(*) AS TEXT) FROM {table}")).await;
        counts.insert(table, count.concat());
    }
    let points = rows(&database, "SELECT CAST(sum(count) AS TEXT) FROM metric_chunks").await;
    counts.insert("points".to_owned(), points.concat());
    counts
}

/// Tables of MLflow's with their columns, but for ids that are invented anew and what the server tells of no more.
const SAME: [&str; 36] = [
    "experiments: experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time, workspace",
    "experiment_tags: experiment_id, key, value",
    "runs: run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id, \
     deleted_time",
    "latest_metrics: key, value, timestamp, step, is_nan, run_uuid",
    "metrics: key, value, timestamp, step, is_nan, run_uuid",
    "params: run_uuid, key, value",
    "tags: run_uuid, key, value",
    "datasets: experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema, dataset_profile",
    "inputs: source_type, destination_type, step",
    "input_tags: name, value",
    "logged_models: model_id, experiment_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms, \
     status, lifecycle_stage, model_type, source_run_id, status_message",
    "logged_model_metrics: model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, run_id, dataset_name",
    "logged_model_params: model_id, experiment_id, param_key, param_value",
    "logged_model_tags: model_id, experiment_id, tag_key, tag_value",
    "trace_info: request_id, experiment_id, timestamp_ms, execution_time_ms, status, request_preview, response_preview, \
     trace_name, session_id, input_tokens, output_tokens, total_tokens, input_cost, output_cost, total_cost",
    "trace_tags: request_id, key, value",
    "trace_request_metadata: request_id, key, value",
    "spans: trace_id, experiment_id, span_id, parent_span_id, name, type, status, start_time_unix_nano, duration_ns, content, \
     input_cost, output_cost, total_cost, model_name, model_provider",
    "registered_models: name, creation_time, last_updated_time, description, workspace",
    "model_versions: name, version, creation_time, last_updated_time, description, current_stage, source, run_id, status, \
     run_link, storage_location",
    "registered_model_aliases: name, alias, version",
    "webhook_events: webhook_id, entity, action",
    "evaluation_datasets: dataset_id, name, schema, profile, digest, created_time, last_update_time, created_by, \
     last_updated_by",
    "evaluation_dataset_tags: dataset_id, key, value",
    "evaluation_dataset_records: dataset_record_id, dataset_id, source_id, source_type, created_time, last_update_time, \
     created_by, last_updated_by, input_hash",
    "entity_associations: source_type, source_id, destination_type, destination_id",
    "issues: issue_id, experiment_id, name, description, status, severity, root_causes, source_run_id, categories, \
     created_timestamp, last_updated_timestamp, created_by, last_seen_timestamp, last_updated_by, metadata",
    "issue_categories: issue_id, category_hash, category",
    "scorers: scorer_id, experiment_id, scorer_name",
    "scorer_versions: scorer_id, scorer_version, serialized_scorer, creation_time",
    "online_scoring_configs: online_scoring_config_id, scorer_id, sample_rate, experiment_id, filter_string",
    "model_definitions: model_definition_id, name, provider, model_name, created_by, created_at, last_updated_at",
    "endpoints: endpoint_id, name, routing_strategy, experiment_id, usage_tracking, created_at, last_updated_at",
    "endpoint_model_mappings: mapping_id, endpoint_id, model_definition_id, weight, linkage_type, fallback_order",
    "endpoint_tags: endpoint_id, key, value",
    "endpoint_bindings: endpoint_id, resource_type, resource_id, display_name, created_at",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_out_is_what_came_in() {
    everywhere(async |api| {
        let folder = tempfile::tempdir().unwrap();
        let file = golden(folder.path()).await;
        let store = store(&api).await;
        import(&store, &From::new(sqlite(&file))).await;
        let out = folder.path().join("out/mlflow.db");
        let to = To { database: sqlite(&out), artifacts: None };
        let exported = store.export(&to, &mut |_, _, _| {}).await.unwrap();
        assert_eq!((exported.runs, exported.metric_points, exported.spans), (6, 927, 6));
        assert_eq!((exported.evaluation_records, exported.gateway_secrets), (3, 0));
        assert!(
            exported.notes.iter().any(|note| note.contains("MLFLOW_CRYPTO_KEK_PASSPHRASE")),
            "{:?}",
            exported.notes
        );
        assert!(exported.notes.iter().any(|note| note.contains("--artifacts-destination")), "{:?}", exported.notes);
        assert!(!folder.path().join("out/mlflow.db.partial").exists());

        let (theirs, ours) =
            (Database::look(&sqlite(&file)).await.unwrap(), Database::look(&sqlite(&out)).await.unwrap());
        for line in SAME {
            let (table, columns) = line.split_once(": ").unwrap();
            let columns: Vec<_> = columns.split(", ").map(|column| format!("CAST({column} AS TEXT)")).collect();
            let sql = format!("SELECT {} FROM {table}", columns.join(", "));
            assert_eq!(rows(&ours, &sql).await, rows(&theirs, &sql).await, "{table}");
        }
        let sql = "SELECT name, assessment_type, value, source_id, overrides, CAST(valid AS TEXT), \
                   CAST(aggregate_value AS TEXT), CAST(is_numeric_value AS TEXT) FROM assessments \
                   WHERE assessment_type = 'feedback'";
        assert_eq!(rows(&ours, sql).await, rows(&theirs, sql).await);

        // What is there stays.
        let again = store.export(&to, &mut |_, _, _| {}).await.unwrap_err().to_string();
        assert!(again.contains("is there already"), "{again}");
        assert_eq!(recorded(&api), ["registry import", "registry export"]);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_form_that_is_known_comes_in() {
    let (api, folder) = (Api::sqlite().await, tempfile::tempdir().unwrap());
    let store = store(&api).await;
    let said = async |file: &std::path::Path| {
        let from = From::new(sqlite(file));
        store.import(&from, &mut |_, _, _| {}).await.unwrap_err().to_string()
    };
    let old = folder.path().join("old.db");
    let database = Database::foreign(&sqlite(&old)).await.unwrap();
    let mut tx = database.write().await.unwrap();
    raw_sql(SCHEMA).execute(&mut *tx).await.unwrap();
    raw_sql("UPDATE alembic_version SET version_num = 'cc1f77228345'").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let told = said(&old).await;
    for words in ["revision cc1f77228345", "f4a9b2c7d1e6", "mlflow db upgrade"] {
        assert!(told.contains(words), "{told}");
    }
    let other = api.folder().join("registry.db");
    assert!(said(&other).await.contains("no database of an MLflow server"));
    let nothing = folder.path().join("nothing.db");
    assert!(said(&nothing).await.contains("nothing.db"));
    assert!(!nothing.exists());
}

/// An experiment whose number is taken gets another, and one whose name is there is the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_comes_beside_what_is_here() {
    everywhere(async |api| {
        let folder = tempfile::tempdir().unwrap();
        let file = golden(folder.path()).await;
        well(api.post("/experiments/create", json!({ "name": "ours" })).await);
        let id = well(api.post("/experiments/create", json!({ "name": "empty trial" })).await);
        assert_eq!(id["experiment_id"], "2");
        let store = store(&api).await;
        let imported = import(&store, &From::new(sqlite(&file))).await;
        assert!(imported.notes.iter().any(|note| note.contains("experiment 1 (sepsis trial)")), "{:?}", imported.notes);
        let run = well(api.get("/runs/get", &[("run_id", FIRST)]).await)["run"].clone();
        let here = well(api.get("/experiments/get-by-name", &[("experiment_name", "sepsis trial")]).await);
        assert_eq!(run["info"]["experiment_id"], here["experiment"]["experiment_id"]);
        assert_ne!(run["info"]["experiment_id"], "1");
        // The next one gets a number that nobody has.
        well(api.post("/experiments/create", json!({ "name": "later" })).await);
        store.close().await;
    })
    .await;
}
