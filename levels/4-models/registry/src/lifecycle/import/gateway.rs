//! The gateway: keys of providers, models, endpoints, and what uses them.

use std::collections::HashSet;

use serde_json::Value;
use strata_database::{AssertSqlSafe, Row, Transaction, query, query_scalar};

use super::Import;
use crate::gateway::Vault;
use crate::lifecycle::Error;
use crate::lifecycle::envelope::{Envelopes, PASSPHRASE};
use crate::lifecycle::rows::{Rows, row};

impl Import<'_> {
    pub(super) async fn gateway(&mut self) -> Result<(), Error> {
        let workspace = self.workspace.to_owned();
        let mut from = self.source.read().await?;
        let mut tx = self.store.write().await?;
        let secrets = self.gateway_secrets(&mut from, &mut tx).await?;

        let columns = "id, name, secret, provider, model, created_at, updated_at, created_by, updated_by";
        let mut here = Rows::replacing("gateway_definitions", columns, "id");
        let mut models = HashSet::new();
        let sql = "SELECT model_definition_id, name, secret_id, provider, model_name, created_at, last_updated_at, \
                   created_by, last_updated_by FROM model_definitions WHERE workspace = $1 ORDER BY model_definition_id";
        for row in query(sql).bind(workspace.clone()).fetch_all(&mut *from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (id, name): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if self.has_namesake(&mut tx, "gateway_definitions", &id, &name).await? {
                continue;
            }
            let secret = text(2)?.filter(|secret| secrets.contains(secret));
            let (created_at, updated_at): (i64, i64) = (row.try_get(5)?, row.try_get(6)?);
            let model = row![&id, name, secret, text(3)?, text(4)?, created_at, updated_at, text(7)?, text(8)?];
            here.push(&mut tx, model).await?;
            models.insert(id);
        }
        here.flush(&mut tx).await?;

        let columns =
            "id, name, routing, fallback, experiment, tracked, created_at, updated_at, created_by, updated_by";
        let mut here = Rows::replacing("gateway_endpoints", columns, "id");
        let mut endpoints = HashSet::new();
        let sql = "SELECT endpoint_id, name, routing_strategy, fallback_config_json, experiment_id, \
                   CASE WHEN usage_tracking THEN 1 ELSE 0 END, created_at, last_updated_at, created_by, last_updated_by \
                   FROM endpoints WHERE workspace = $1 ORDER BY endpoint_id";
        for row in query(sql).bind(workspace.clone()).fetch_all(&mut *from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let number = |at: usize| row.try_get::<i64, _>(at);
            let experiment: Option<i64> = row.try_get(4)?;
            let experiment = experiment.and_then(|id| self.experiments.get(&id)).copied();
            let id: String = row.try_get(0)?;
            // One without a name cannot be asked: its id is as good a name.
            let name = text(1)?.unwrap_or_else(|| id.clone());
            if self.has_namesake(&mut tx, "gateway_endpoints", &id, &name).await? {
                continue;
            }
            let endpoint = row![
                &id,
                name,
                text(2)?,
                text(3)?.map(|fallback| chosen(&fallback)),
                experiment,
                number(5)?,
                number(6)?,
                number(7)?,
                text(8)?,
                text(9)?
            ];
            here.push(&mut tx, endpoint).await?;
            endpoints.insert(id);
        }
        self.imported.gateway_endpoints = here.flush(&mut tx).await?;
        offered(&mut from, &mut tx, &endpoints, &models).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the ids of those that are here then. One that was closed with another passphrase is left.
    async fn gateway_secrets(
        &mut self,
        from: &mut Transaction,
        tx: &mut Transaction,
    ) -> Result<HashSet<String>, Error> {
        let sql = "SELECT secret_id, secret_name, encrypted_value, wrapped_dek, kek_version, masked_value, provider, \
                   auth_config, created_at, last_updated_at, created_by, last_updated_by FROM secrets \
                   WHERE workspace = $1 ORDER BY secret_id";
        let rows = query(sql).bind(self.workspace.to_owned()).fetch_all(&mut **from).await?;
        if rows.is_empty() {
            return Ok(HashSet::new());
        }
        let vault = Vault::of_folder(&self.store.config.data_dir).map_err(Error::Refused)?;
        let mut envelopes = Envelopes::of_mlflow(|name| std::env::var(name).ok());
        let columns = "id, name, closed, masked, provider, auth_config, created_at, updated_at, created_by, updated_by";
        let mut here = Rows::replacing("gateway_secrets", columns, "id");
        let mut ids = HashSet::new();
        for row in rows {
            let (id, name): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if self.has_namesake(tx, "gateway_secrets", &id, &name).await? {
                continue;
            }
            let (value, wrapped): (Vec<u8>, Vec<u8>) = (row.try_get(2)?, row.try_get(3)?);
            let Some(secret) = envelopes.open(row.try_get(4)?, &id, &name, value, wrapped) else {
                self.imported.notes.push(format!(
                    "the gateway's secret {name} is not moved: it was closed with another passphrase. Set {PASSPHRASE} to \
                     that of MLflow's server, here and for `strata registry serve`, and import again; or give it anew"
                ));
                continue;
            };
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let closed = vault.close(secret.expose());
            let (created_at, updated_at): (i64, i64) = (row.try_get(8)?, row.try_get(9)?);
            let secret =
                row![&id, name, closed, text(5)?, text(6)?, text(7)?, created_at, updated_at, text(10)?, text(11)?];
            here.push(tx, secret).await?;
            ids.insert(id);
        }
        self.imported.gateway_secrets = here.flush(tx).await?;
        Ok(ids)
    }

    /// Names are given once. What is here under one that MLflow gave to something else stays.
    async fn has_namesake(&mut self, tx: &mut Transaction, table: &str, id: &str, name: &str) -> Result<bool, Error> {
        let sql = format!("SELECT count(*) FROM {table} WHERE name = $1 AND id <> $2");
        let count = query_scalar(AssertSqlSafe(sql)).bind(name.to_owned()).bind(id.to_owned());
        let has: i64 = count.fetch_one(&mut **tx).await?;
        if has > 0 {
            let what = table.trim_start_matches("gateway_").trim_end_matches('s');
            self.imported
                .notes
                .push(format!("the gateway's {what} {name} is not moved: there is another of that name here"));
        }
        Ok(has > 0)
    }
}

/// What was chosen of how to fall back. To whom is said by the models of the endpoint, and by MLflow here too.
fn chosen(fallback: &str) -> String {
    let mut fallback: Value = serde_json::from_str(fallback).unwrap_or_default();
    if let Some(fallback) = fallback.as_object_mut() {
        fallback.retain(|name, value| name != "model_definition_ids" && !value.is_null());
    }
    fallback.to_string()
}

/// What endpoints offer, their tags, and who asks them.
async fn offered(
    from: &mut Transaction,
    tx: &mut Transaction,
    endpoints: &HashSet<String>,
    models: &HashSet<String>,
) -> Result<(), Error> {
    let columns = "id, endpoint, place, definition, weight, linkage, fallback_order, created_at, created_by";
    let mut here = Rows::replacing("gateway_mappings", columns, "endpoint, definition, linkage");
    let sql = "SELECT m.mapping_id, m.endpoint_id, m.model_definition_id, CAST(m.weight AS DOUBLE PRECISION), \
               m.linkage_type, m.fallback_order, m.created_at, m.created_by FROM endpoint_model_mappings m \
               ORDER BY m.endpoint_id, m.created_at, m.mapping_id";
    let mut place = (String::new(), 0_i64);
    for row in query(sql).fetch_all(&mut **from).await? {
        let text = |at: usize| row.try_get::<Option<String>, _>(at);
        let (endpoint, model): (String, String) = (row.try_get(1)?, row.try_get(2)?);
        if !endpoints.contains(&endpoint) || !models.contains(&model) {
            continue;
        }
        place = if place.0 == endpoint { (endpoint, place.1 + 1) } else { (endpoint, 0) };
        let (weight, order): (f64, Option<i64>) = (row.try_get(3)?, row.try_get(5)?);
        let created_at: i64 = row.try_get(6)?;
        let mapping = row![text(0)?, &place.0, place.1, model, weight, text(4)?, order, created_at, text(7)?];
        here.push(tx, mapping).await?;
    }
    here.flush(tx).await?;

    let mut tags = Rows::replacing("gateway_endpoint_tags", "endpoint, key, value", "endpoint, key");
    let sql = "SELECT endpoint_id, key, value FROM endpoint_tags";
    for row in query(sql).fetch_all(&mut **from).await? {
        let (endpoint, key): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        if endpoints.contains(&endpoint) {
            tags.push(tx, row![endpoint, key, row.try_get::<Option<String>, _>(2)?.unwrap_or_default()]).await?;
        }
    }
    tags.flush(tx).await?;

    let columns = "endpoint, resource_type, resource_id, created_at, updated_at, created_by, updated_by";
    let mut bindings = Rows::replacing("gateway_bindings", columns, "endpoint, resource_type, resource_id");
    let sql = "SELECT endpoint_id, resource_type, resource_id, created_at, last_updated_at, created_by, last_updated_by \
               FROM endpoint_bindings";
    for row in query(sql).fetch_all(&mut **from).await? {
        let text = |at: usize| row.try_get::<Option<String>, _>(at);
        let (created_at, updated_at): (i64, i64) = (row.try_get(3)?, row.try_get(4)?);
        let endpoint: String = row.try_get(0)?;
        if !endpoints.contains(&endpoint) {
            continue;
        }
        bindings.push(tx, row![endpoint, text(1)?, text(2)?, created_at, updated_at, text(5)?, text(6)?]).await?;
    }
    bindings.flush(tx).await?;
    Ok(())
}
