//! One message to one webhook.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use strata_config::Secret;
use uuid::Uuid;

use super::event::Event;
use super::signature::{DELIVERY_ID, SIGNATURE, TIMESTAMP, sign};

/// What is sent, the same bytes at each try, so that a receiver can tell a repetition by its id.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// The webhook's id, for the log.
    pub(crate) webhook: String,
    pub(crate) url: String,
    pub(crate) body: String,
    secret: Option<Secret>,
    id: String,
    seconds: String,
}

impl Delivery {
    /// Of an event at this moment, in microseconds.
    pub(crate) fn new(webhook: &str, url: &str, secret: Option<Secret>, event: Event, data: &Value, now: i64) -> Self {
        let timestamp = DateTime::from_timestamp_micros(now).unwrap_or_default();
        let body = json!({
            "entity": event.entity,
            "action": event.action,
            "timestamp": timestamp.to_rfc3339_opts(SecondsFormat::Micros, false),
            "data": data,
        });
        Self {
            webhook: webhook.to_owned(),
            url: url.to_owned(),
            body: body.to_string(),
            secret,
            id: Uuid::new_v4().to_string(),
            seconds: timestamp.timestamp().to_string(),
        }
    }

    /// The signature is there if the webhook has a secret.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("Content-Type", "application/json".to_owned()),
            (DELIVERY_ID, self.id.clone()),
            (TIMESTAMP, self.seconds.clone()),
        ];
        if let Some(secret) = &self.secret {
            headers.push((SIGNATURE, sign(secret.expose(), &self.id, &self.seconds, &self.body)));
        }
        headers
    }
}
