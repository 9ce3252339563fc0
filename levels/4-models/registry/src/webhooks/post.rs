//! From a change to the webhooks that are told of it, behind the back of whoever made it.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{iter, unfold};
use serde_json::Value;
use strata_database::Database;
use tokio::sync::mpsc::{Receiver, Sender as Queue, channel};

use super::delivery::Delivery;
use super::event::Event;
use super::sender::Sender;
use super::webhook::listening;
use crate::Error;
use crate::sealed::Seal;

/// How many changes may wait. What comes then is not told of, which is logged.
const WAITING: usize = 10_000;

/// Something that happened, and is committed.
#[derive(Debug)]
struct Change {
    event: Event,
    data: Value,
    now: i64,
}

/// Where changes are handed in.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    changes: Queue<Change>,
}

/// Who carries them out. What is under way when it ends is lost, as with MLflow: webhooks are told at most once, and a
/// receiver that must know everything reads the registry too.
#[derive(Debug)]
pub(crate) struct Carrier {
    changes: Receiver<Change>,
    database: Database,
    seal: Arc<Seal>,
    sender: Arc<Sender>,
    at_once: usize,
}

/// The two ends.
pub(crate) fn open(database: Database, seal: Arc<Seal>, sender: Arc<Sender>, at_once: usize) -> (Post, Carrier) {
    let (changes, receiver) = channel(WAITING);
    (Post { changes }, Carrier { changes: receiver, database, seal, sender, at_once })
}

impl Post {
    /// Lets webhooks know, and does not wait for it.
    pub(crate) fn tell(&self, event: Event, data: Value, now: i64) {
        if self.changes.try_send(Change { event, data, now }).is_err() {
            tracing::warn!(%event, "too many changes wait for their webhooks: this one is not told of");
        }
    }
}

impl Carrier {
    /// Carries until nobody can hand in any more.
    pub(crate) async fn run(self) {
        let Self { changes, database, seal, sender, at_once } = self;
        let changes = unfold(changes, async |mut changes| {
            let change = changes.recv().await?;
            Some((change, changes))
        });
        let deliveries = changes
            .then(|change| {
                let (database, seal) = (database.clone(), Arc::clone(&seal));
                async move { addressed(&database, &seal, &change).await }
            })
            .flat_map(iter);
        deliveries.for_each_concurrent(at_once, |delivery| carry(&sender, delivery)).await;
    }
}

async fn addressed(database: &Database, seal: &Seal, change: &Change) -> Vec<Delivery> {
    let find = async {
        let mut tx = database.read().await?;
        let found = listening(&mut tx, change.event).await?;
        Ok::<_, Error>(found)
    };
    let webhooks = find.await.unwrap_or_else(|error| {
        tracing::error!(%error, event = %change.event, "no webhook is told of it");
        Vec::new()
    });
    let mut deliveries = Vec::new();
    for webhook in webhooks {
        let Ok(secret) = seal.reveal_if_any(webhook.secret.as_deref()) else {
            // Unsigned it would be refused, or worse, believed.
            tracing::error!(webhook = webhook.id, "its secret was encrypted with another key: it is not told");
            continue;
        };
        let Change { event, data, now } = change;
        deliveries.push(Delivery::new(&webhook.id, &webhook.url, secret, *event, data, *now));
    }
    deliveries
}

async fn carry(sender: &Sender, delivery: Delivery) {
    let webhook = &delivery.webhook;
    match sender.send(&delivery).await {
        Ok(answer) if answer.status < 400 => tracing::debug!(webhook, answer.status, "told"),
        Ok(answer) => tracing::warn!(webhook, answer.status, "a webhook was told and refused it"),
        Err(why) => tracing::warn!(webhook, why, "a webhook could not be told"),
    }
}
