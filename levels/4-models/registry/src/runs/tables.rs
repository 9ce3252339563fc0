//! The tables of runs, and of what hangs on them.

/// As a migration has them. A run has a number beside its id, for what hangs on it is much.
pub(crate) const SQL: &str = "
    CREATE TABLE runs (
        number {{id}}, id TEXT NOT NULL UNIQUE, experiment_id BIGINT NOT NULL REFERENCES experiments (id),
        name TEXT NOT NULL, user_id TEXT NOT NULL, status TEXT NOT NULL, started_at BIGINT, ended_at BIGINT,
        deleted_at BIGINT, artifact_uri TEXT NOT NULL, lifecycle_stage TEXT NOT NULL);
    CREATE INDEX runs_by_experiment ON runs (experiment_id, lifecycle_stage, started_at);
    CREATE TABLE run_params (
        run BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key)) {{clustered}};
    CREATE INDEX run_params_by_key ON run_params (key, run);
    CREATE TABLE run_tags (
        run BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key)) {{clustered}};
    CREATE INDEX run_tags_by_key ON run_tags (key, run);
    CREATE TABLE datasets (
        number {{id}}, experiment_id BIGINT NOT NULL REFERENCES experiments (id), name TEXT NOT NULL,
        digest TEXT NOT NULL, source_type TEXT NOT NULL, source TEXT NOT NULL, schema TEXT, profile TEXT,
        UNIQUE (experiment_id, name, digest));
    CREATE TABLE run_datasets (
        number {{id}}, run BIGINT NOT NULL, dataset BIGINT NOT NULL REFERENCES datasets (number), UNIQUE (run, dataset));
    CREATE INDEX run_datasets_by_dataset ON run_datasets (dataset, run);
    CREATE TABLE run_dataset_tags (
        input BIGINT NOT NULL REFERENCES run_datasets (number), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (input, key)) {{clustered}};
";

/// Indexes by which few runs are found among many. Of a text they hold the beginning: Postgres's have an end.
pub(crate) const BY_VALUE: &str = "
    DROP INDEX run_params_by_key;
    CREATE INDEX run_params_by_value ON run_params (key, substr(value, 1, 64), run);
    DROP INDEX run_tags_by_key;
    CREATE INDEX run_tags_by_value ON run_tags (key, substr(value, 1, 64), run);
    CREATE INDEX runs_by_name ON runs (substr(name, 1, 64));
";
