//! The tables of scorers.

/// As a migration has them.
pub(crate) const SQL: &str = "
    CREATE TABLE scorers (
        id TEXT PRIMARY KEY, experiment_id BIGINT NOT NULL, name TEXT NOT NULL, UNIQUE (experiment_id, name));
    CREATE TABLE scorer_versions (
        scorer_id TEXT NOT NULL REFERENCES scorers (id), version BIGINT NOT NULL, serialized TEXT NOT NULL,
        created_at BIGINT NOT NULL, PRIMARY KEY (scorer_id, version));
    CREATE TABLE online_scoring (
        scorer_id TEXT PRIMARY KEY REFERENCES scorers (id), id TEXT NOT NULL, sample_rate DOUBLE PRECISION NOT NULL,
        filter TEXT);
";
