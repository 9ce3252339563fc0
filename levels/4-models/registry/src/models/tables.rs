//! The tables of registered models.

/// As a migration has them. A model has a number, so that its name is changed in one place; a version that was deleted
/// keeps its row, so that its number is never given again. Prompts live here too.
pub(crate) const SQL: &str = "
    CREATE TABLE registered_models (
        id {{id}}, name TEXT NOT NULL UNIQUE, description TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL);
    CREATE TABLE registered_model_tags (
        model BIGINT NOT NULL REFERENCES registered_models (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (model, key));
    CREATE INDEX registered_model_tags_by_key ON registered_model_tags (key);
    CREATE TABLE registered_model_aliases (
        model BIGINT NOT NULL REFERENCES registered_models (id), alias TEXT NOT NULL, version BIGINT NOT NULL,
        PRIMARY KEY (model, alias));
    CREATE TABLE model_versions (
        id {{id}}, model BIGINT NOT NULL REFERENCES registered_models (id), version BIGINT NOT NULL,
        stage TEXT NOT NULL, source TEXT NOT NULL, storage TEXT NOT NULL, run_id TEXT, run_link TEXT, description TEXT,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, UNIQUE (model, version));
    CREATE INDEX model_versions_by_change ON model_versions (updated_at);
    CREATE INDEX model_versions_by_run ON model_versions (run_id);
    CREATE TABLE model_version_tags (
        version BIGINT NOT NULL REFERENCES model_versions (id), key TEXT NOT NULL, value TEXT NOT NULL,
        PRIMARY KEY (version, key));
    CREATE INDEX model_version_tags_by_key ON model_version_tags (key);
";
