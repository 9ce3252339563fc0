//! Keeping issues.

use std::collections::BTreeSet;

use strata_database::{AssertSqlSafe, Transaction, query};

use super::issue::{COLUMNS, Issue};
use crate::Error;

/// A new one.
pub(super) async fn create(tx: &mut Transaction, issue: &Issue) -> Result<(), Error> {
    if find(tx, &issue.id).await?.is_some() {
        return Err(Error::already_exists("Issue ID already exists"));
    }
    put(tx, issue).await
}

pub(super) async fn get(tx: &mut Transaction, id: &str) -> Result<Issue, Error> {
    let found = find(tx, id).await?;
    found.ok_or_else(|| Error::does_not_exist(format!("Issue with ID '{id}' not found")))
}

async fn find(tx: &mut Transaction, id: &str) -> Result<Option<Issue>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM issues i WHERE i.id = $1");
    let row = query(AssertSqlSafe(sql)).bind(id).fetch_optional(&mut **tx).await?;
    Ok(row.as_ref().map(Issue::of).transpose()?)
}

/// Puts it in the place of the one with its id.
pub(super) async fn put(tx: &mut Transaction, issue: &Issue) -> Result<(), Error> {
    let sql = "INSERT INTO issues (id, experiment_id, name, description, status, severity, root_causes, source_run_id, \
               categories, metadata, created_at, updated_at, seen_at, created_by, updated_by) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description, \
               status = excluded.status, severity = excluded.severity, categories = excluded.categories, \
               metadata = excluded.metadata, updated_at = excluded.updated_at, seen_at = excluded.seen_at, \
               updated_by = excluded.updated_by";
    query(sql)
        .bind(&issue.id)
        .bind(issue.experiment_id)
        .bind(&issue.name)
        .bind(&issue.description)
        .bind(&issue.status)
        .bind(&issue.severity)
        .bind(serde_json::json!(issue.root_causes).to_string())
        .bind(&issue.source_run_id)
        .bind(serde_json::json!(issue.categories).to_string())
        .bind(serde_json::json!(issue.metadata).to_string())
        .bind(issue.created_at)
        .bind(issue.updated_at)
        .bind(issue.seen_at)
        .bind(&issue.created_by)
        .bind(&issue.updated_by)
        .execute(&mut **tx)
        .await?;
    query("DELETE FROM issue_categories WHERE issue_id = $1").bind(&issue.id).execute(&mut **tx).await?;
    for folded in issue.categories.iter().map(|category| fold(category)).collect::<BTreeSet<_>>() {
        let sql = "INSERT INTO issue_categories (issue_id, folded) VALUES ($1, $2)";
        query(sql).bind(&issue.id).bind(folded).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Categories are the same whatever their case, and the blanks around them.
pub(crate) fn fold(category: &str) -> String {
    category.trim().to_lowercase()
}
