//! Webhooks, with their secrets as they lie here: closed in MLflow's own form.

use strata_database::{Row, query};

use super::Export;
use crate::lifecycle::Error;
use crate::lifecycle::rows::{Rows, row};

impl Export<'_> {
    pub(super) async fn webhooks(&mut self) -> Result<(), Error> {
        let columns = "webhook_id, name, description, url, status, secret, creation_timestamp, last_updated_timestamp";
        let mut there = Rows::new("webhooks", columns, "");
        let sql = "SELECT id, name, description, url, status, secret, created_at, updated_at FROM webhooks \
                   WHERE deleted_at IS NULL ORDER BY created_at, id";
        let mut secrets = 0_u64;
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (created_at, updated_at): (i64, i64) = (row.try_get(6)?, row.try_get(7)?);
            secrets += u64::from(text(5)?.is_some());
            let webhook = row![text(0)?, text(1)?, text(2)?, text(3)?, text(4)?, text(5)?, created_at, updated_at];
            there.push(&mut self.to, webhook).await?;
        }
        self.exported.webhooks = there.flush(&mut self.to).await?;
        if secrets > 0 {
            self.exported.notes.push(format!(
                "MLflow's server opens the secrets of {secrets} webhooks with the key that closed them: give it \
                 MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY, this registry's own or what stands in webhook-secrets.key in its folder"
            ));
        }
        let mut events = Rows::new("webhook_events", "webhook_id, entity, action", "");
        let sql = "SELECT e.webhook, e.entity, e.action FROM webhook_events e JOIN webhooks w ON w.id = e.webhook \
                   WHERE w.deleted_at IS NULL ORDER BY e.webhook, e.place";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (id, entity, action): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            events.push(&mut self.to, row![id, entity, action]).await?;
        }
        events.flush(&mut self.to).await?;
        Ok(())
    }
}
