//! The tables of issues.

/// As a migration has them. Lists and metadata are JSON; categories are kept a second time, as they are searched. Which
/// traces an issue is seen in is said by their assessments.
pub(crate) const SQL: &str = "
    CREATE TABLE issues (
        id TEXT PRIMARY KEY, experiment_id BIGINT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
        status TEXT NOT NULL, severity TEXT, root_causes TEXT NOT NULL, source_run_id TEXT, categories TEXT NOT NULL,
        metadata TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, seen_at BIGINT NOT NULL,
        created_by TEXT, updated_by TEXT);
    CREATE INDEX issues_by_time ON issues (experiment_id, created_at);
    CREATE TABLE issue_categories (
        issue_id TEXT NOT NULL REFERENCES issues (id), folded TEXT NOT NULL, PRIMARY KEY (issue_id, folded));
    CREATE INDEX issue_categories_by_name ON issue_categories (folded);
";
