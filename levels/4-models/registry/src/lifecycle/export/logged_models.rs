//! Logged models, and what was measured of them.

use strata_database::{AssertSqlSafe, Row, query};

use super::Export;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Export<'_> {
    pub(super) async fn logged_models(&mut self) -> Result<(), Error> {
        let columns = "model_id, experiment_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms, \
                       status, lifecycle_stage, model_type, source_run_id, status_message";
        let mut there = Rows::new("logged_models", columns, "");
        let sql = "SELECT id, experiment_id, name, artifact_uri, created_at, updated_at, status, deleted, model_type, \
                   source_run_id, status_message FROM logged_models ORDER BY created_at, id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let number = |at: usize| row.try_get::<i64, _>(at);
            let stage = if number(7)? == 0 { "active" } else { "deleted" };
            let place = self.places.own(row.try_get(3)?);
            let model = row![
                text(0)?,
                number(1)?,
                text(2)?,
                place,
                number(4)?,
                number(5)?,
                number(6)?,
                stage,
                text(8)?,
                text(9)?,
                text(10)?
            ];
            there.push(&mut self.to, model).await?;
        }
        self.exported.logged_models = there.flush(&mut self.to).await?;

        for what in ["param", "tag"] {
            let columns = format!("model_id, experiment_id, {what}_key, {what}_value");
            let mut there = Rows::new(&format!("logged_model_{what}s"), &columns, "");
            let sql = format!(
                "SELECT t.model_id, m.experiment_id, t.key, t.value FROM logged_model_{what}s t \
                 JOIN logged_models m ON m.id = t.model_id"
            );
            for row in query(AssertSqlSafe(sql)).fetch_all(&mut *self.from).await? {
                let (model, key, value): (String, String, String) = (row.try_get(0)?, row.try_get(2)?, row.try_get(3)?);
                let experiment: i64 = row.try_get(1)?;
                there.push(&mut self.to, row![model, experiment, key, value]).await?;
            }
            there.flush(&mut self.to).await?;
        }

        // MLflow keeps one value of a model, key, time, step and run.
        let columns = "model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id, \
                       dataset_name, dataset_digest";
        let mut there = Rows::new("logged_model_metrics", columns, "ON CONFLICT DO NOTHING");
        let sql = "SELECT t.model_id, t.key, t.timestamp, t.step, t.value, m.experiment_id, t.run_id, t.dataset_name, \
                   t.dataset_digest FROM logged_model_metrics t JOIN logged_models m ON m.id = t.model_id ORDER BY t.id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let number = |at: usize| row.try_get::<i64, _>(at);
            let value = row.try_get::<Option<f64>, _>(4)?.unwrap_or(f64::NAN);
            let metric =
                row![text(0)?, text(1)?, number(2)?, number(3)?, value, number(5)?, text(6)?, text(7)?, text(8)?];
            there.push(&mut self.to, metric).await?;
        }
        there.flush(&mut self.to).await?;
        Ok(())
    }
}
