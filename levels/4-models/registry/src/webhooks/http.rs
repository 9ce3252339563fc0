//! The handlers of webhooks: extract, call, convert.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use uuid::Uuid;

use super::delivery::Delivery;
use super::event::Event;
use super::webhook::{self, Status, Webhook};
use super::{names, url, wire};
use crate::{Answer, Asked, Error, Shared, page};

const MOST: i64 = 1000;

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/webhooks", get(list).post(create))
        .route("/webhooks/{webhook_id}", get(read).patch(update).delete(delete))
        .route("/webhooks/{webhook_id}/test", post(test))
}

async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let url = asked.required("url")?;
    if asked.get("events").is_none() {
        return Err(Error::missing("events"));
    }
    let events = events(&asked)?;
    let description = asked.text("description")?.filter(|text| !text.is_empty());
    let secret = asked.text("secret")?.filter(|secret| !secret.is_empty());
    let status = status(&asked)?.unwrap_or(Status::Active);
    names::check(&name)?;
    url::check(&url, &shared.webhooks.settings).await?;
    if events.is_empty() {
        return Err(Error::invalid("Webhook events must be a non-empty list of WebhookEvent objects: []."));
    }
    let now = shared.now().millis();
    let webhook = Webhook {
        id: Uuid::new_v4().to_string(),
        name,
        description,
        url,
        status,
        secret: secret.map(|secret| shared.webhooks.seal.close(&secret)),
        created_at: now,
        updated_at: now,
        events,
    };
    let mut tx = shared.write().await?;
    webhook.save(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(wire::answer(&webhook)))
}

async fn read(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Answer, Error> {
    let mut tx = shared.read().await?;
    Ok(Answer(wire::answer(&webhook::get(&mut tx, &id).await?)))
}

async fn list(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let limit = match asked.integer("max_results")? {
        None | Some(0) => 100,
        Some(limit @ 1..=MOST) => limit,
        Some(_) => return Err(Error::invalid("max_results must be between 1 and 1000.")),
    };
    let offset = page::offset(asked.text("page_token")?.as_deref())?;
    let mut tx = shared.read().await?;
    let mut webhooks = webhook::list(&mut tx, limit + 1, offset).await?;
    let more = webhooks.len() as i64 > limit;
    webhooks.truncate(limit as usize);
    Ok(Answer(wire::page(&webhooks, more.then(|| page::token(offset + limit)))))
}

/// What is named is changed; an empty name, URL or list of events is as if it were not named.
async fn update(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.text("name")?.filter(|name| !name.is_empty());
    let description = asked.text("description")?;
    let url = asked.text("url")?.filter(|url| !url.is_empty());
    let events = events(&asked)?;
    let secret = asked.text("secret")?;
    let status = status(&asked)?;
    webhook::get(&mut *shared.read().await?, &id).await?;
    if let Some(name) = &name {
        names::check(name)?;
    }
    if let Some(url) = &url {
        // It may take a while, so no transaction is open meanwhile.
        url::check(url, &shared.webhooks.settings).await?;
    }

    let mut tx = shared.write().await?;
    let mut webhook = webhook::get(&mut tx, &id).await?;
    webhook.name = name.unwrap_or(webhook.name);
    webhook.url = url.unwrap_or(webhook.url);
    webhook.description = description.or(webhook.description);
    webhook.status = status.unwrap_or(webhook.status);
    if !events.is_empty() {
        webhook.events = events;
    }
    if let Some(secret) = secret {
        webhook.secret = (!secret.is_empty()).then(|| shared.webhooks.seal.close(&secret));
    }
    webhook.updated_at = shared.now().millis();
    webhook.save(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(wire::answer(&webhook)))
}

async fn delete(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Answer, Error> {
    let mut tx = shared.write().await?;
    webhook::delete(&mut tx, shared.now().millis(), &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Sends the example of an event, the webhook's first if none is named, and says what came of it.
async fn test(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let event = match asked.object("event")? {
        Some(event) => Some(self::event(&event)?),
        None => None,
    };
    let webhook = webhook::get(&mut *shared.read().await?, &id).await?;
    let Some(event) = event.or(webhook.events.first().copied()) else {
        return Err(Error::invalid("the webhook has no event"));
    };
    let Ok(secret) = shared.webhooks.seal.reveal_if_any(webhook.secret.as_deref()) else {
        let why = "its secret was encrypted with another key; set the secret anew".to_owned();
        return Ok(Answer(wire::tested(Err(why))));
    };
    let delivery = Delivery::new(&webhook.id, &webhook.url, secret, event, &event.example(), shared.now().micros());
    Ok(Answer(wire::tested(shared.webhooks.sender.send(&delivery).await)))
}

/// `events` of the request; of one that is there twice, the first counts.
fn events(asked: &Asked) -> Result<Vec<Event>, Error> {
    let mut events = Vec::new();
    for event in asked.objects("events")? {
        let event = self::event(&event)?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    Ok(events)
}

fn event(asked: &Asked) -> Result<Event, Error> {
    let word = |field, none: &str| Ok::<_, Error>(asked.text(field)?.unwrap_or_else(|| none.to_owned()));
    Event::parse(&word("entity", "ENTITY_UNSPECIFIED")?, &word("action", "ACTION_UNSPECIFIED")?)
}

/// `status` of the request; one that does not exist is as if it were not named, as protobuf has it.
fn status(asked: &Asked) -> Result<Option<Status>, Error> {
    Ok(asked.text("status")?.and_then(|status| Status::parse(&status)))
}
