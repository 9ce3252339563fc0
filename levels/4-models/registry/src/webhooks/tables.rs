//! The tables of webhooks.

/// As a migration has them. A webhook that was deleted keeps its row, without its secret.
pub(crate) const SQL: &str = "
    CREATE TABLE webhooks (
        id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, description TEXT, url TEXT NOT NULL, status TEXT NOT NULL,
        secret TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, deleted_at BIGINT);
    CREATE TABLE webhook_events (
        webhook TEXT NOT NULL REFERENCES webhooks (id), place BIGINT NOT NULL, entity TEXT NOT NULL,
        action TEXT NOT NULL, PRIMARY KEY (webhook, entity, action));
    CREATE INDEX webhook_events_by_event ON webhook_events (entity, action);
";
