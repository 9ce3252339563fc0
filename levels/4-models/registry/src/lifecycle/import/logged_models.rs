//! Logged models, and what was measured of them.

use strata_database::{Row, SqlError, query};

use super::{Import, PAGE};
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};
use crate::statement::Statement;

impl Import<'_> {
    pub(super) async fn logged_models(&mut self) -> Result<(), Error> {
        let mut last = String::new();
        loop {
            let sql = "SELECT m.model_id, m.experiment_id, m.name, m.artifact_location, m.creation_timestamp_ms, \
                       m.last_updated_timestamp_ms, m.status, m.status_message, m.model_type, m.source_run_id, \
                       m.lifecycle_stage FROM logged_models m JOIN experiments e ON e.experiment_id = m.experiment_id \
                       WHERE e.workspace = $1 AND m.model_id > $2 ORDER BY m.model_id LIMIT $3";
            let mut from = self.source.read().await?;
            let question = query(sql).bind(self.workspace.to_owned()).bind(last).bind(PAGE);
            let rows = question.fetch_all(&mut *from).await?;
            let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, SqlError>>()?;
            let Some(end) = ids.last().cloned() else { break };
            last = end;

            let mut tx = self.store.write().await?;
            let columns = "id, experiment_id, name, artifact_uri, created_at, updated_at, status, status_message, \
                           model_type, source_run_id, deleted";
            let mut here = Rows::replacing("logged_models", columns, "id");
            for row in &rows {
                let Some(experiment) = self.experiments.get(&row.try_get(1)?).copied() else { continue };
                let text = |at: usize| row.try_get::<Option<String>, _>(at);
                let place = self.places.own(row.try_get(3)?);
                let (id, name): (String, String) = (row.try_get(0)?, row.try_get(2)?);
                let (created_at, updated_at): (i64, i64) = (row.try_get(4)?, row.try_get(5)?);
                let status: i64 = row.try_get(6)?;
                let deleted = i64::from(text(10)?.is_some_and(|stage| stage == "deleted"));
                let (kind, run) = (text(8)?.unwrap_or_default(), text(9)?.unwrap_or_default());
                let row =
                    row![id, experiment, name, place, created_at, updated_at, status, text(7)?, kind, run, deleted];
                here.push(&mut tx, row).await?;
            }
            here.flush(&mut tx).await?;
            for what in ["param", "tag"] {
                let mut here =
                    Rows::replacing(&format!("logged_model_{what}s"), "model_id, key, value", "model_id, key");
                let mut statement = Statement::default();
                let list = statement.texts(&ids);
                statement.and(format!("model_id IN ({list})"));
                let head = format!("SELECT model_id, {what}_key, {what}_value FROM logged_model_{what}s");
                for row in statement.rows(&mut from, &head, "").await? {
                    let (id, key, value): (String, String, String) =
                        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
                    here.push(&mut tx, row![id, key, value]).await?;
                }
                here.flush(&mut tx).await?;
            }

            // What was measured has no key here: it takes the place of what is there.
            for id in &ids {
                query("DELETE FROM logged_model_metrics WHERE model_id = $1").bind(id).execute(&mut *tx).await?;
            }
            let columns = "model_id, key, value, timestamp, step, run_id, dataset_name, dataset_digest";
            let mut here = Rows::new("logged_model_metrics", columns, "");
            let mut statement = Statement::default();
            let list = statement.texts(&ids);
            statement.and(format!("model_id IN ({list})"));
            let head = "SELECT model_id, metric_name, metric_value, metric_timestamp_ms, metric_step, run_id, \
                        dataset_name, dataset_digest FROM logged_model_metrics";
            let order = "ORDER BY model_id, metric_timestamp_ms, metric_step, metric_name";
            for row in statement.rows(&mut from, head, order).await? {
                let text = |at: usize| row.try_get::<Option<String>, _>(at);
                let value = row.try_get::<Option<f64>, _>(2)?.filter(|value| !value.is_nan());
                let (timestamp, step): (i64, i64) = (row.try_get(3)?, row.try_get(4)?);
                let row = row![text(0)?, text(1)?, value, timestamp, step, text(5)?, text(6)?, text(7)?];
                here.push(&mut tx, row).await?;
            }
            here.flush(&mut tx).await?;
            tx.commit().await?;
            self.imported.logged_models += ids.len() as u64;
        }
        Ok(())
    }
}
