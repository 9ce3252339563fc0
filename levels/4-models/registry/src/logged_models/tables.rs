//! The tables of logged models, and of what runs took in and gave out of them.

/// As a migration has them. Times are MLflow's milliseconds. A metric that is not a number has no value: SQLite keeps
/// none either.
pub(crate) const SQL: &str = "
    CREATE TABLE logged_models (
        id TEXT PRIMARY KEY, experiment_id BIGINT NOT NULL, name TEXT NOT NULL, artifact_uri TEXT NOT NULL,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, status BIGINT NOT NULL, status_message TEXT,
        model_type TEXT NOT NULL, source_run_id TEXT NOT NULL, deleted BIGINT NOT NULL);
    CREATE INDEX logged_models_by_experiment ON logged_models (experiment_id, created_at);
    CREATE INDEX logged_models_by_run ON logged_models (source_run_id);
    CREATE TABLE logged_model_params (
        model_id TEXT NOT NULL REFERENCES logged_models (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (model_id, key));
    CREATE TABLE logged_model_tags (
        model_id TEXT NOT NULL REFERENCES logged_models (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (model_id, key));
    CREATE TABLE logged_model_metrics (
        id {{id}}, model_id TEXT NOT NULL REFERENCES logged_models (id), key TEXT NOT NULL, value DOUBLE PRECISION,
        timestamp BIGINT NOT NULL, step BIGINT NOT NULL, run_id TEXT NOT NULL, dataset_name TEXT, dataset_digest TEXT);
    CREATE INDEX logged_model_metrics_by_model ON logged_model_metrics (model_id, key);
    CREATE INDEX logged_model_metrics_by_dataset ON logged_model_metrics (dataset_name, dataset_digest);
    CREATE TABLE run_models (
        id {{id}}, run_id TEXT NOT NULL, model_id TEXT NOT NULL, direction TEXT NOT NULL, step BIGINT NOT NULL);
    CREATE INDEX run_models_by_run ON run_models (run_id, direction);
";
