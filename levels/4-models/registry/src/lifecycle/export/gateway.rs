//! The gateway: keys of providers, models, endpoints, and what uses them.

use std::collections::HashSet;

use strata_database::{Row, query};

use super::Export;
use crate::gateway::Vault;
use crate::lifecycle::Error;
use crate::lifecycle::envelope::{Envelopes, PASSPHRASE};
use crate::lifecycle::rows::{Rows, row};

impl Export<'_> {
    pub(super) async fn gateway(&mut self) -> Result<(), Error> {
        let secrets = self.gateway_secrets().await?;
        let columns = "model_definition_id, name, secret_id, provider, model_name, created_at, last_updated_at, created_by, \
                       last_updated_by";
        let mut there = Rows::new("model_definitions", columns, "");
        let sql = "SELECT id, name, secret, provider, model, created_at, updated_at, created_by, updated_by \
                   FROM gateway_definitions ORDER BY id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let secret = text(2)?.filter(|secret| secrets.contains(secret));
            let (created_at, updated_at): (i64, i64) = (row.try_get(5)?, row.try_get(6)?);
            let model =
                row![text(0)?, text(1)?, secret, text(3)?, text(4)?, created_at, updated_at, text(7)?, text(8)?];
            there.push(&mut self.to, model).await?;
        }
        there.flush(&mut self.to).await?;

        let columns = "endpoint_id, name, routing_strategy, fallback_config_json, experiment_id, usage_tracking, created_at, \
                       last_updated_at, created_by, last_updated_by";
        let mut there = Rows::new("endpoints", columns, "");
        let sql = "SELECT id, name, routing, fallback, experiment, tracked, created_at, updated_at, created_by, updated_by \
                   FROM gateway_endpoints ORDER BY id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (experiment, tracked): (Option<i64>, i64) = (row.try_get(4)?, row.try_get(5)?);
            let (created_at, updated_at): (i64, i64) = (row.try_get(6)?, row.try_get(7)?);
            let endpoint = row![
                text(0)?,
                text(1)?,
                text(2)?,
                text(3)?,
                experiment,
                tracked != 0,
                created_at,
                updated_at,
                text(8)?,
                text(9)?
            ];
            there.push(&mut self.to, endpoint).await?;
        }
        self.exported.gateway_endpoints = there.flush(&mut self.to).await?;
        self.offered().await
    }

    /// Gives the ids of those that are there then. Only a passphrase of one's own closes them.
    async fn gateway_secrets(&mut self) -> Result<HashSet<String>, Error> {
        let sql = "SELECT id, name, closed, masked, provider, auth_config, created_at, updated_at, created_by, updated_by \
                   FROM gateway_secrets ORDER BY id";
        let rows = query(sql).fetch_all(&mut *self.from).await?;
        let mut there_are = HashSet::new();
        if rows.is_empty() {
            return Ok(there_are);
        }
        let Some(mut envelopes) = Envelopes::of_ones_own(|name| std::env::var(name).ok()) else {
            self.exported.notes.push(format!(
                "{} secrets of the gateway are not moved: set {PASSPHRASE} to what MLflow's server is to be given, for without \
                 one it closes them with what everybody knows",
                rows.len()
            ));
            return Ok(there_are);
        };
        let vault = Vault::of_folder(&self.store.config.data_dir).map_err(Error::Refused)?;
        let columns = "secret_id, secret_name, encrypted_value, wrapped_dek, kek_version, masked_value, provider, \
                       auth_config, created_at, last_updated_at, created_by, last_updated_by";
        let mut there = Rows::new("secrets", columns, "");
        for row in rows {
            let (id, name, closed): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let secret = vault.reveal(&closed).and_then(|secret| envelopes.close(&id, &name, &secret));
            let Some(closed) = secret else {
                self.exported.notes.push(format!(
                    "the gateway's secret {name} is not moved: it was closed with another {PASSPHRASE} or key"
                ));
                continue;
            };
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (created_at, updated_at): (i64, i64) = (row.try_get(6)?, row.try_get(7)?);
            let secret = row![
                &id,
                name,
                closed.value,
                closed.wrapped,
                closed.version,
                text(3)?,
                text(4)?,
                text(5)?,
                created_at,
                updated_at,
                text(8)?,
                text(9)?
            ];
            there.push(&mut self.to, secret).await?;
            there_are.insert(id);
        }
        self.exported.gateway_secrets = there.flush(&mut self.to).await?;
        Ok(there_are)
    }

    /// What endpoints offer, their tags, and who asks them.
    async fn offered(&mut self) -> Result<(), Error> {
        let columns = "mapping_id, endpoint_id, model_definition_id, weight, linkage_type, fallback_order, created_at, \
                       created_by";
        let mut there = Rows::new("endpoint_model_mappings", columns, "");
        let sql = "SELECT id, endpoint, definition, weight, linkage, fallback_order, created_at, created_by \
                   FROM gateway_mappings ORDER BY endpoint, place";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (weight, order): (f64, Option<i64>) = (row.try_get(3)?, row.try_get(5)?);
            let created_at: i64 = row.try_get(6)?;
            let mapping = row![text(0)?, text(1)?, text(2)?, weight, text(4)?, order, created_at, text(7)?];
            there.push(&mut self.to, mapping).await?;
        }
        there.flush(&mut self.to).await?;

        let mut tags = Rows::new("endpoint_tags", "endpoint_id, key, value", "");
        for row in query("SELECT endpoint, key, value FROM gateway_endpoint_tags").fetch_all(&mut *self.from).await? {
            let (endpoint, key, value): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            tags.push(&mut self.to, row![endpoint, key, value]).await?;
        }
        tags.flush(&mut self.to).await?;

        let columns = "endpoint_id, resource_type, resource_id, display_name, created_at, last_updated_at, created_by, \
                       last_updated_by";
        let mut there = Rows::new("endpoint_bindings", columns, "");
        let sql = "SELECT b.endpoint, b.resource_type, b.resource_id, s.name, b.created_at, b.updated_at, b.created_by, \
                   b.updated_by FROM gateway_bindings b LEFT JOIN scorers s ON s.id = b.resource_id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (created_at, updated_at): (i64, i64) = (row.try_get(4)?, row.try_get(5)?);
            let binding = row![text(0)?, text(1)?, text(2)?, text(3)?, created_at, updated_at, text(6)?, text(7)?];
            there.push(&mut self.to, binding).await?;
        }
        there.flush(&mut self.to).await?;
        Ok(())
    }
}
