//! Scorers with their versions, and how many traces each judges as they come.

use strata_database::{Row, query};

use super::Export;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Export<'_> {
    pub(super) async fn scorers(&mut self) -> Result<(), Error> {
        let mut there = Rows::new("scorers", "scorer_id, experiment_id, scorer_name", "");
        for row in query("SELECT id, experiment_id, name FROM scorers ORDER BY id").fetch_all(&mut *self.from).await? {
            let (id, experiment, name): (String, i64, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            there.push(&mut self.to, row![id, experiment, name]).await?;
        }
        self.exported.scorers = there.flush(&mut self.to).await?;

        let columns = "scorer_id, scorer_version, serialized_scorer, creation_time";
        let mut versions = Rows::new("scorer_versions", columns, "");
        let sql = "SELECT scorer_id, version, serialized, created_at FROM scorer_versions ORDER BY scorer_id, version";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (id, serialized): (String, String) = (row.try_get(0)?, row.try_get(2)?);
            let (version, created_at): (i64, i64) = (row.try_get(1)?, row.try_get(3)?);
            versions.push(&mut self.to, row![id, version, serialized, created_at]).await?;
        }
        versions.flush(&mut self.to).await?;

        let columns = "online_scoring_config_id, scorer_id, sample_rate, experiment_id, filter_string";
        let mut online = Rows::new("online_scoring_configs", columns, "");
        let sql = "SELECT o.id, o.scorer_id, o.sample_rate, s.experiment_id, o.filter FROM online_scoring o \
                   JOIN scorers s ON s.id = o.scorer_id ORDER BY o.id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (id, scorer): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            let (rate, experiment): (f64, i64) = (row.try_get(2)?, row.try_get(3)?);
            online.push(&mut self.to, row![id, scorer, rate, experiment, row.try_get::<Option<String>, _>(4)?]).await?;
        }
        online.flush(&mut self.to).await?;
        Ok(())
    }
}
