//! Issues. In which traces one is seen is said by their assessments.

use serde_json::Value;
use strata_database::{Row, query};

use super::Import;
use crate::issues::fold;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Import<'_> {
    pub(super) async fn issues(&mut self) -> Result<(), Error> {
        let mut from = self.source.read().await?;
        let mut tx = self.store.write().await?;
        let columns = "id, experiment_id, name, description, status, severity, root_causes, source_run_id, categories, \
                       metadata, created_at, updated_at, seen_at, created_by, updated_by";
        let mut here = Rows::replacing("issues", columns, "id");
        let mut folded = Vec::new();
        let sql = "SELECT i.issue_id, i.experiment_id, i.name, i.description, i.status, i.severity, i.root_causes, \
                   i.source_run_id, i.categories, i.metadata, i.created_timestamp, i.last_updated_timestamp, \
                   i.last_seen_timestamp, i.created_by, i.last_updated_by FROM issues i JOIN experiments e \
                   ON e.experiment_id = i.experiment_id WHERE e.workspace = $1 ORDER BY i.issue_id";
        for row in query(sql).bind(self.workspace.to_owned()).fetch_all(&mut *from).await? {
            let Some(experiment) = self.experiments.get(&row.try_get(1)?).copied() else { continue };
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let json = |at: usize, none: &str| Ok::<_, Error>(text(at)?.unwrap_or_else(|| none.to_owned()));
            let (id, said): (String, String) = (row.try_get(0)?, json(8, "[]")?);
            let (created_at, updated_at): (i64, i64) = (row.try_get(10)?, row.try_get(11)?);
            let seen_at = row.try_get::<Option<i64>, _>(12)?.unwrap_or(created_at);
            query("DELETE FROM issue_categories WHERE issue_id = $1").bind(id.clone()).execute(&mut *tx).await?;
            let list: Value = serde_json::from_str(&said).unwrap_or_default();
            let categories = list.as_array().into_iter().flatten().filter_map(Value::as_str);
            folded.extend(categories.map(|category| (id.clone(), fold(category))));
            let issue = row![
                id,
                experiment,
                text(2)?,
                text(3)?,
                text(4)?,
                text(5)?,
                json(6, "[]")?,
                text(7)?,
                said,
                json(9, "{}")?,
                created_at,
                updated_at,
                seen_at,
                text(13)?,
                text(14)?
            ];
            here.push(&mut tx, issue).await?;
        }
        self.imported.issues = here.flush(&mut tx).await?;
        let mut categories = Rows::new("issue_categories", "issue_id, folded", "ON CONFLICT DO NOTHING");
        for (id, folded) in folded {
            categories.push(&mut tx, row![id, folded]).await?;
        }
        categories.flush(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}
