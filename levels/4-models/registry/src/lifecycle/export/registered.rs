//! Registered models and prompts, their versions, aliases and tags.

use strata_database::{Row, query};

use super::Export;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Export<'_> {
    pub(super) async fn registered(&mut self) -> Result<(), Error> {
        let mut there = Rows::new("registered_models", "name, description, creation_time, last_updated_time", "");
        let sql = "SELECT name, description, created_at, updated_at FROM registered_models ORDER BY id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (name, description): (String, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
            let (created_at, updated_at): (i64, i64) = (row.try_get(2)?, row.try_get(3)?);
            there.push(&mut self.to, row![name, description, created_at, updated_at]).await?;
        }
        self.exported.registered_models = there.flush(&mut self.to).await?;

        let columns = "name, version, creation_time, last_updated_time, description, current_stage, source, run_id, status, \
                       run_link, storage_location";
        let mut there = Rows::new("model_versions", columns, "");
        let sql = "SELECT m.name, v.version, v.created_at, v.updated_at, v.description, v.stage, v.source, v.run_id, \
                   v.run_link, v.storage FROM model_versions v JOIN registered_models m ON m.id = v.model \
                   ORDER BY v.model, v.version";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let number = |at: usize| row.try_get::<i64, _>(at);
            let (source, storage) = (self.places.named(row.try_get(6)?), self.places.named(row.try_get(9)?));
            let version = row![
                text(0)?,
                number(1)?,
                number(2)?,
                number(3)?,
                text(4)?,
                text(5)?,
                source,
                text(7)?,
                "READY",
                text(8)?,
                storage
            ];
            there.push(&mut self.to, version).await?;
        }
        self.exported.model_versions = there.flush(&mut self.to).await?;

        let mut tags = Rows::new("registered_model_tags", "name, key, value", "");
        let sql =
            "SELECT m.name, t.key, t.value FROM registered_model_tags t JOIN registered_models m ON m.id = t.model";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (name, key, value): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            tags.push(&mut self.to, row![name, key, value]).await?;
        }
        tags.flush(&mut self.to).await?;

        let mut tags = Rows::new("model_version_tags", "name, version, key, value", "");
        let sql = "SELECT m.name, v.version, t.key, t.value FROM model_version_tags t \
                   JOIN model_versions v ON v.id = t.version JOIN registered_models m ON m.id = v.model";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (name, key, value): (String, String, String) = (row.try_get(0)?, row.try_get(2)?, row.try_get(3)?);
            let version: i64 = row.try_get(1)?;
            tags.push(&mut self.to, row![name, version, key, value]).await?;
        }
        tags.flush(&mut self.to).await?;

        let mut aliases = Rows::new("registered_model_aliases", "name, alias, version", "");
        let sql = "SELECT m.name, a.alias, a.version FROM registered_model_aliases a \
                   JOIN registered_models m ON m.id = a.model";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (name, alias, version): (String, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            aliases.push(&mut self.to, row![name, alias, version]).await?;
        }
        aliases.flush(&mut self.to).await?;
        Ok(())
    }
}
