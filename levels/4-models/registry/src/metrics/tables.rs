//! The tables of metrics.

/// As a migration has them. `metrics` holds the latest point of each series; its value is NULL where it is not a number,
/// and `place` is the order in which a run's keys came. A chunk holds the points from `first` on (the first chunk of a
/// series: all before the second), in an order that bytes have in both databases.
pub(crate) const SQL: &str = "
    CREATE TABLE metric_keys (id {{id}}, key TEXT NOT NULL UNIQUE);
    CREATE TABLE metrics (
        run BIGINT NOT NULL REFERENCES runs (number), key BIGINT NOT NULL REFERENCES metric_keys (id),
        place BIGINT NOT NULL, value DOUBLE PRECISION, timestamp BIGINT NOT NULL, step BIGINT NOT NULL,
        PRIMARY KEY (run, key)) {{clustered}};
    CREATE INDEX metrics_by_value ON metrics (key, value);
    CREATE TABLE metric_chunks (
        run BIGINT NOT NULL, key BIGINT NOT NULL, first {{bytes}} NOT NULL, count BIGINT NOT NULL,
        points {{bytes}} NOT NULL, PRIMARY KEY (run, key, first));
";
