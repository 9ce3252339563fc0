//! The tables of experiments.

/// As a migration has them. The first experiment is there from the start: it is number 0 to every client.
pub(crate) const SQL: &str = "
    CREATE TABLE experiments (
        id {{id}}, name TEXT NOT NULL UNIQUE, artifact_location TEXT NOT NULL, lifecycle_stage TEXT NOT NULL,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL);
    CREATE TABLE experiment_tags (
        experiment BIGINT NOT NULL REFERENCES experiments (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (experiment, key));
    INSERT INTO experiments (id, name, artifact_location, lifecycle_stage, created_at, updated_at)
        VALUES (0, 'Default', 'mlflow-artifacts:/0', 'active', 0, 0);
";
