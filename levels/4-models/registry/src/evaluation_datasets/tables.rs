//! The tables of evaluation datasets.

/// As a migration has them. What is in a record is JSON, and the hash of its inputs says which record it is.
pub(crate) const SQL: &str = "
    CREATE TABLE evaluation_datasets (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, schema TEXT, records BIGINT NOT NULL, digest TEXT NOT NULL,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, created_by TEXT, updated_by TEXT);
    CREATE INDEX evaluation_datasets_by_time ON evaluation_datasets (created_at, id);
    CREATE TABLE evaluation_dataset_tags (
        dataset TEXT NOT NULL REFERENCES evaluation_datasets (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (dataset, key));
    CREATE TABLE evaluation_dataset_experiments (
        dataset TEXT NOT NULL REFERENCES evaluation_datasets (id), experiment_id BIGINT NOT NULL,
        PRIMARY KEY (dataset, experiment_id));
    CREATE INDEX evaluation_datasets_by_experiment ON evaluation_dataset_experiments (experiment_id, dataset);
    CREATE TABLE evaluation_dataset_records (
        id TEXT PRIMARY KEY, dataset TEXT NOT NULL REFERENCES evaluation_datasets (id), input_hash TEXT NOT NULL,
        content TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, created_by TEXT, updated_by TEXT,
        UNIQUE (dataset, input_hash));
    CREATE INDEX evaluation_dataset_records_by_time ON evaluation_dataset_records (dataset, created_at, id);
";
