//! Experiments and their tags.

use strata_database::{Row, query};

use super::Export;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Export<'_> {
    pub(super) async fn experiments(&mut self) -> Result<(), Error> {
        let columns = "experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time";
        let mut there = Rows::replacing("experiments", columns, "experiment_id");
        let sql =
            "SELECT id, name, artifact_location, lifecycle_stage, created_at, updated_at FROM experiments ORDER BY id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (id, name, stage): (i64, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(3)?);
            let (created_at, updated_at): (i64, i64) = (row.try_get(4)?, row.try_get(5)?);
            let place = self.places.own(row.try_get(2)?);
            there.push(&mut self.to, row![id, name, place, stage, created_at, updated_at]).await?;
        }
        self.exported.experiments = there.flush(&mut self.to).await?;
        let mut tags = Rows::new("experiment_tags", "experiment_id, key, value", "");
        for row in query("SELECT experiment, key, value FROM experiment_tags").fetch_all(&mut *self.from).await? {
            let (id, key, value): (i64, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            tags.push(&mut self.to, row![id, key, value]).await?;
        }
        tags.flush(&mut self.to).await?;
        Ok(())
    }
}
