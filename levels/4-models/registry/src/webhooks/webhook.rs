//! Webhooks as the database holds them.

use std::collections::HashMap;

use strata_database::{AnyRow, AssertSqlSafe, Row, SqlError, Transaction, query};

use super::event::Event;
use crate::Error;

/// Where an event is sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Webhook {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) url: String,
    pub(crate) status: Status,
    /// Encrypted.
    pub(crate) secret: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) events: Vec<Event>,
}

/// Whether it is told of its events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Active,
    Disabled,
}

impl Status {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Active, Self::Disabled].into_iter().find(|status| status.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
        }
    }
}

const COLUMNS: &str = "w.id, w.name, w.description, w.url, w.status, w.secret, w.created_at, w.updated_at";

impl Webhook {
    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        let status: String = row.try_get(4)?;
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            description: row.try_get(2)?,
            url: row.try_get(3)?,
            status: Status::parse(&status).unwrap_or(Status::Disabled),
            secret: row.try_get(5)?,
            created_at: row.try_get(6)?,
            updated_at: row.try_get(7)?,
            events: Vec::new(),
        })
    }

    /// Writes it, whether it is new or was there.
    pub(crate) async fn save(&self, tx: &mut Transaction) -> Result<(), Error> {
        let sql = "INSERT INTO webhooks (id, name, description, url, status, secret, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET name = excluded.name, \
                   description = excluded.description, url = excluded.url, status = excluded.status, \
                   secret = excluded.secret, updated_at = excluded.updated_at";
        let insert = query(sql).bind(&self.id).bind(&self.name).bind(self.description.as_deref()).bind(&self.url);
        let insert = insert.bind(self.status.name()).bind(self.secret.as_deref());
        insert.bind(self.created_at).bind(self.updated_at).execute(&mut **tx).await?;
        query("DELETE FROM webhook_events WHERE webhook = $1").bind(&self.id).execute(&mut **tx).await?;
        for (place, event) in (0_i64..).zip(&self.events) {
            let sql = "INSERT INTO webhook_events (webhook, place, entity, action) VALUES ($1, $2, $3, $4)";
            let insert = query(sql).bind(&self.id).bind(place).bind(event.entity).bind(event.action);
            insert.execute(&mut **tx).await?;
        }
        Ok(())
    }
}

/// One by its id.
pub(crate) async fn get(tx: &mut Transaction, id: &str) -> Result<Webhook, Error> {
    let sql = format!("SELECT {COLUMNS} FROM webhooks w WHERE w.id = $1 AND w.deleted_at IS NULL");
    let row = query(AssertSqlSafe(sql)).bind(id).fetch_optional(&mut **tx).await?;
    let Some(row) = row else {
        return Err(Error::does_not_exist(format!("Webhook with ID {id} not found.")));
    };
    let mut webhooks = [Webhook::of(&row)?];
    add_events(tx, &mut webhooks).await?;
    let [webhook] = webhooks;
    Ok(webhook)
}

/// So many, the newest first, after the first so many.
pub(crate) async fn list(tx: &mut Transaction, limit: i64, offset: i64) -> Result<Vec<Webhook>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhooks w WHERE w.deleted_at IS NULL ORDER BY w.created_at DESC, w.id LIMIT $1 OFFSET $2"
    );
    let rows = query(AssertSqlSafe(sql)).bind(limit).bind(offset).fetch_all(&mut **tx).await?;
    let mut webhooks = rows.iter().map(Webhook::of).collect::<Result<Vec<_>, _>>()?;
    add_events(tx, &mut webhooks).await?;
    Ok(webhooks)
}

/// All that are to be told of this event; their own lists of events are left out.
pub(crate) async fn listening(tx: &mut Transaction, event: Event) -> Result<Vec<Webhook>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM webhooks w JOIN webhook_events e ON e.webhook = w.id WHERE w.deleted_at IS NULL \
         AND w.status = 'ACTIVE' AND e.entity = $1 AND e.action = $2 ORDER BY w.created_at, w.id"
    );
    let rows = query(AssertSqlSafe(sql)).bind(event.entity).bind(event.action).fetch_all(&mut **tx).await?;
    Ok(rows.iter().map(Webhook::of).collect::<Result<Vec<_>, _>>()?)
}

/// Forgets one, and its secret.
pub(crate) async fn delete(tx: &mut Transaction, now: i64, id: &str) -> Result<(), Error> {
    get(tx, id).await?;
    let sql = "UPDATE webhooks SET deleted_at = $1, updated_at = $1, secret = NULL WHERE id = $2";
    query(sql).bind(now).bind(id).execute(&mut **tx).await?;
    Ok(())
}

async fn add_events(tx: &mut Transaction, webhooks: &mut [Webhook]) -> Result<(), Error> {
    let places: HashMap<String, usize> =
        webhooks.iter().enumerate().map(|(at, webhook)| (webhook.id.clone(), at)).collect();
    let marks = (1..=webhooks.len()).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
    if marks.is_empty() {
        return Ok(());
    }
    let sql = format!("SELECT webhook, entity, action FROM webhook_events WHERE webhook IN ({marks}) ORDER BY place");
    let mut events = query(AssertSqlSafe(sql));
    for webhook in webhooks.iter() {
        events = events.bind(webhook.id.clone());
    }
    for row in events.fetch_all(&mut **tx).await? {
        let (webhook, entity, action): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        if let Some(webhook) = places.get(&webhook).and_then(|at| webhooks.get_mut(*at)) {
            webhook.events.push(Event::parse(&entity, &action)?);
        }
    }
    Ok(())
}
