//! Scorers with their versions, and how many traces each judges as they come.

use strata_database::{Row, query};

use super::Import;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Import<'_> {
    /// One is known by its experiment and name.
    pub(super) async fn scorers(&mut self) -> Result<(), Error> {
        let workspace = self.workspace.to_owned();
        let mut from = self.source.read().await?;
        let mut tx = self.store.write().await?;
        let mut here = Rows::replacing("scorers", "id, experiment_id, name", "experiment_id, name");
        let sql = "SELECT s.scorer_id, s.experiment_id, s.scorer_name FROM scorers s JOIN experiments e \
                   ON e.experiment_id = s.experiment_id WHERE e.workspace = $1 ORDER BY s.scorer_id";
        for row in query(sql).bind(workspace.clone()).fetch_all(&mut *from).await? {
            let Some(experiment) = self.experiments.get(&row.try_get(1)?).copied() else { continue };
            let (id, name): (String, String) = (row.try_get(0)?, row.try_get(2)?);
            // Of the one of this name that was here only what MLflow does not know of goes.
            for sql in [
                "DELETE FROM scorer_versions WHERE scorer_id IN \
                 (SELECT id FROM scorers WHERE experiment_id = $1 AND name = $2 AND id <> $3)",
                "DELETE FROM online_scoring WHERE scorer_id IN \
                 (SELECT id FROM scorers WHERE experiment_id = $1 AND name = $2 AND id <> $3)",
            ] {
                query(sql).bind(experiment).bind(name.clone()).bind(id.clone()).execute(&mut *tx).await?;
            }
            here.push(&mut tx, row![id, experiment, name]).await?;
        }
        self.imported.scorers = here.flush(&mut tx).await?;

        let mut versions =
            Rows::replacing("scorer_versions", "scorer_id, version, serialized, created_at", "scorer_id, version");
        let sql = "SELECT v.scorer_id, v.scorer_version, v.serialized_scorer, v.creation_time FROM scorer_versions v \
                   JOIN scorers s ON s.scorer_id = v.scorer_id JOIN experiments e ON e.experiment_id = s.experiment_id \
                   WHERE e.workspace = $1";
        for row in query(sql).bind(workspace.clone()).fetch_all(&mut *from).await? {
            let (id, serialized): (String, String) = (row.try_get(0)?, row.try_get(2)?);
            let created_at = row.try_get::<Option<i64>, _>(3)?.unwrap_or(0);
            versions.push(&mut tx, row![id, row.try_get::<i64, _>(1)?, serialized, created_at]).await?;
        }
        versions.flush(&mut tx).await?;

        let mut online = Rows::replacing("online_scoring", "scorer_id, id, sample_rate, filter", "scorer_id");
        let sql = "SELECT o.scorer_id, o.online_scoring_config_id, o.sample_rate, o.filter_string \
                   FROM online_scoring_configs o JOIN experiments e ON e.experiment_id = o.experiment_id \
                   WHERE e.workspace = $1";
        for row in query(sql).bind(workspace).fetch_all(&mut *from).await? {
            let (scorer, id): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let filter: Option<String> = row.try_get(3)?;
            online.push(&mut tx, row![scorer, id, row.try_get::<f64, _>(2)?, filter]).await?;
        }
        online.flush(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}
