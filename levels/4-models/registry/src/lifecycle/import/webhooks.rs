//! Webhooks, with their secrets where the key is the same.

use strata_database::{Row, query};

use super::Import;
use crate::lifecycle::Error;
use crate::webhooks::{Event, Seal, Settings, Status, Webhook};

impl Import<'_> {
    /// Secrets come as they lie in MLflow's database. One that was closed with another key is left, and its webhook is silent
    /// until it gets a secret: what it sent could not be signed.
    pub(super) async fn webhooks(&mut self) -> Result<(), Error> {
        let sql = "SELECT webhook_id, name, description, url, status, secret, creation_timestamp, last_updated_timestamp \
                   FROM webhooks WHERE workspace = $1 AND deleted_timestamp IS NULL ORDER BY creation_timestamp, webhook_id";
        let mut from = self.source.read().await?;
        let rows = query(sql).bind(self.workspace.to_owned()).fetch_all(&mut *from).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let settings = Settings::from_variables(|name| std::env::var(name).ok());
        let seal = Seal::open(settings.key.as_ref(), &self.store.config.data_dir).map_err(Error::Refused)?;
        let mut tx = self.store.write().await?;
        for row in rows {
            let id: String = row.try_get(0)?;
            let created_at = row.try_get::<Option<i64>, _>(6)?.unwrap_or(0);
            let status: String = row.try_get(4)?;
            let mut webhook = Webhook {
                name: row.try_get(1)?,
                description: row.try_get(2)?,
                url: row.try_get(3)?,
                status: Status::parse(&status).unwrap_or(Status::Disabled),
                secret: row.try_get(5)?,
                created_at,
                updated_at: row.try_get::<Option<i64>, _>(7)?.unwrap_or(created_at),
                events: Vec::new(),
                id,
            };
            if seal.reveal_if_any(webhook.secret.as_deref()).is_err() {
                webhook.secret = None;
                webhook.status = Status::Disabled;
                self.imported.notes.push(format!(
                    "the webhook {} is disabled: its secret was closed with another key. Set \
                     MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY to that of MLflow's server, here and for `strata registry serve`, \
                     and import again; or give it a new secret",
                    webhook.name
                ));
            }
            let sql = "SELECT entity, action FROM webhook_events WHERE webhook_id = $1 ORDER BY entity, action";
            for row in query(sql).bind(&webhook.id).fetch_all(&mut *from).await? {
                let (entity, action): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                if let Ok(event) = Event::parse(&entity, &action) {
                    webhook.events.push(event);
                } else {
                    let name = &webhook.name;
                    self.imported.notes.push(format!("the webhook {name} is not told of {entity}.{action}: unknown"));
                }
            }
            webhook.save(&mut tx).await?;
            self.imported.webhooks += 1;
        }
        Ok(tx.commit().await?)
    }
}
