//! Registered models and prompts, their versions, aliases and tags.

use std::collections::HashMap;

use strata_database::{Row, query};

use super::Import;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Import<'_> {
    pub(super) async fn registered(&mut self) -> Result<(), Error> {
        let workspace = self.workspace.to_owned();
        let mut from = self.source.read().await?;
        let mut tx = self.store.write().await?;

        let mut here = Rows::replacing("registered_models", "name, description, created_at, updated_at", "name");
        let sql = "SELECT name, description, creation_time, last_updated_time FROM registered_models \
                   WHERE workspace = $1 ORDER BY creation_time, name";
        for row in query(sql).bind(&workspace).fetch_all(&mut *from).await? {
            let (name, description): (String, Option<String>) = (row.try_get(0)?, row.try_get(1)?);
            let created_at = row.try_get::<Option<i64>, _>(2)?.unwrap_or(0);
            let updated_at = row.try_get::<Option<i64>, _>(3)?.unwrap_or(created_at);
            here.push(&mut tx, row![name, description, created_at, updated_at]).await?;
        }
        self.imported.registered_models += here.flush(&mut tx).await?;
        let mut models: HashMap<String, i64> = HashMap::new();
        for row in query("SELECT name, id FROM registered_models").fetch_all(&mut *tx).await? {
            models.insert(row.try_get(0)?, row.try_get(1)?);
        }

        let columns = "model, version, stage, source, storage, run_id, run_link, description, created_at, updated_at";
        let mut here = Rows::replacing("model_versions", columns, "model, version");
        let sql = "SELECT name, version, current_stage, source, storage_location, run_id, run_link, description, \
                   creation_time, last_updated_time, status FROM model_versions WHERE workspace = $1 \
                   ORDER BY name, version";
        let mut unready = 0_u64;
        for row in query(sql).bind(&workspace).fetch_all(&mut *from).await? {
            let Some(model) = models.get(row.try_get::<&str, _>(0)?).copied() else { continue };
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let number: i64 = row.try_get(1)?;
            let source = self.places.named(text(3)?.unwrap_or_default());
            let storage = text(4)?.map_or_else(|| source.clone(), |place| self.places.named(place));
            let stage = text(2)?.unwrap_or_else(|| "None".to_owned());
            let created_at = row.try_get::<Option<i64>, _>(8)?.unwrap_or(0);
            let updated_at = row.try_get::<Option<i64>, _>(9)?.unwrap_or(created_at);
            unready += u64::from(text(10)?.is_some_and(|status| status != "READY"));
            let row = row![model, number, stage, source, storage, text(5)?, text(6)?, text(7)?, created_at, updated_at];
            here.push(&mut tx, row).await?;
        }
        self.imported.model_versions += here.flush(&mut tx).await?;
        if unready > 0 {
            self.imported.notes.push(format!("{unready} model versions were not READY; here every version is"));
        }
        let mut versions: HashMap<(i64, i64), i64> = HashMap::new();
        for row in query("SELECT model, version, id FROM model_versions").fetch_all(&mut *tx).await? {
            versions.insert((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?);
        }

        let mut tags = Rows::replacing("registered_model_tags", "model, key, value", "model, key");
        let sql = "SELECT name, key, value FROM registered_model_tags WHERE workspace = $1";
        for row in query(sql).bind(&workspace).fetch_all(&mut *from).await? {
            let Some(model) = models.get(row.try_get::<&str, _>(0)?).copied() else { continue };
            let (key, value): (String, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
            tags.push(&mut tx, row![model, key, value.unwrap_or_default()]).await?;
        }
        tags.flush(&mut tx).await?;

        let mut tags = Rows::replacing("model_version_tags", "version, key, value", "version, key");
        let sql = "SELECT name, version, key, value FROM model_version_tags WHERE workspace = $1";
        for row in query(sql).bind(&workspace).fetch_all(&mut *from).await? {
            let Some(model) = models.get(row.try_get::<&str, _>(0)?).copied() else { continue };
            let Some(version) = versions.get(&(model, row.try_get(1)?)).copied() else { continue };
            let (key, value): (String, Option<String>) = (row.try_get(2)?, row.try_get(3)?);
            tags.push(&mut tx, row![version, key, value.unwrap_or_default()]).await?;
        }
        tags.flush(&mut tx).await?;

        let mut aliases = Rows::replacing("registered_model_aliases", "model, alias, version", "model, alias");
        let sql = "SELECT name, alias, version FROM registered_model_aliases WHERE workspace = $1";
        for row in query(sql).bind(&workspace).fetch_all(&mut *from).await? {
            let Some(model) = models.get(row.try_get::<&str, _>(0)?).copied() else { continue };
            let (alias, version): (String, i64) = (row.try_get(1)?, row.try_get(2)?);
            aliases.push(&mut tx, row![model, alias, version]).await?;
        }
        aliases.flush(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}
