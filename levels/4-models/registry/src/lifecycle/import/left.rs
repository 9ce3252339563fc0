//! What MLflow has and is not moved: told, so that nobody misses it later.

use strata_database::{AssertSqlSafe, query_scalar};

use super::Import;
use crate::lifecycle::Error;

/// Tables that hold what is not moved, and what that is.
const LEFT: [(&str, &str); 7] = [
    ("label_schemas", "label schemas"),
    ("review_queues", "review queues"),
    ("budget_policies", "budget policies"),
    ("guardrails", "guardrails"),
    ("mcp_servers", "MCP servers"),
    ("skills", "skills"),
    ("jobs", "jobs"),
];

impl Import<'_> {
    pub(super) async fn left(&mut self) -> Result<(), Error> {
        let mut from = self.source.read().await?;
        for (table, what) in LEFT {
            let sql = format!("SELECT count(*) FROM {table}");
            let count: i64 = query_scalar(AssertSqlSafe(sql)).fetch_one(&mut *from).await?;
            if count > 0 {
                self.imported.notes.push(format!("{count} {what} are not moved"));
            }
        }
        let sql = "SELECT count(*) FROM experiments WHERE workspace <> $1";
        let others: i64 = query_scalar(sql).bind(self.workspace.to_owned()).fetch_one(&mut *from).await?;
        if others > 0 {
            let note = format!(
                "{others} experiments are of other workspaces: each workspace is moved into a store of its own"
            );
            self.imported.notes.push(note);
        }
        Ok(())
    }
}
