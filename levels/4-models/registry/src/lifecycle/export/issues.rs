//! Issues. In which traces one is seen is said by their assessments.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use strata_database::{Row, query};

use super::Export;
use crate::issues::fold;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Export<'_> {
    pub(super) async fn issues(&mut self) -> Result<(), Error> {
        let columns = "issue_id, experiment_id, name, description, status, severity, root_causes, source_run_id, \
                       categories, metadata, created_timestamp, last_updated_timestamp, last_seen_timestamp, created_by, \
                       last_updated_by";
        let mut there = Rows::new("issues", columns, "");
        let mut named = Vec::new();
        let sql = "SELECT i.id, i.experiment_id, i.name, i.description, i.status, i.severity, i.root_causes, \
                   CASE WHEN EXISTS (SELECT 1 FROM runs r WHERE r.id = i.source_run_id) THEN i.source_run_id END, \
                   i.categories, i.metadata, i.created_at, i.updated_at, i.seen_at, i.created_by, i.updated_by \
                   FROM issues i ORDER BY i.created_at, i.id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let some = |at: usize, none: &str| Ok::<_, Error>(text(at)?.filter(|text| text != none));
            let (id, categories): (String, Vec<String>) =
                (row.try_get(0)?, serde_json::from_str(row.try_get(8)?).unwrap_or_default());
            // The last of those that are the same.
            let folded: BTreeMap<_, _> = categories.into_iter().map(|category| (fold(&category), category)).collect();
            named.extend(folded.into_iter().map(|(folded, category)| (id.clone(), folded, category)));
            let number = |at: usize| row.try_get::<i64, _>(at);
            let issue = row![
                id,
                number(1)?,
                text(2)?,
                text(3)?,
                text(4)?,
                text(5)?,
                some(6, "[]")?,
                text(7)?,
                some(8, "[]")?,
                some(9, "{}")?,
                number(10)?,
                number(11)?,
                number(12)?,
                text(13)?,
                text(14)?
            ];
            there.push(&mut self.to, issue).await?;
        }
        self.exported.issues = there.flush(&mut self.to).await?;
        let mut categories = Rows::new("issue_categories", "issue_id, category_hash, category", "");
        for (id, folded, category) in named {
            let hash = hex::encode(Sha256::digest(folded));
            categories.push(&mut self.to, row![id, hash, category]).await?;
        }
        categories.flush(&mut self.to).await?;
        Ok(())
    }
}
