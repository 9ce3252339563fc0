//! Webhooks: who wants to be told of a change, and telling them.

use std::path::Path;
use std::sync::Arc;

use strata_database::Database;

pub(crate) mod event;
pub(crate) mod http;
pub(crate) mod post;
pub(crate) mod settings;
pub(crate) mod tables;

mod delivery;
mod names;
mod public;
mod retry;
mod sender;
mod signature;
mod url;
mod webhook;
mod wire;

pub(crate) use self::event::Event;
use self::post::{Carrier, Post};
use self::sender::Sender;
pub(crate) use self::settings::Settings;
pub(crate) use self::webhook::{Status, Webhook};
pub(crate) use crate::sealed::{FILE as KEY_FILE, Seal};

/// What the handlers need.
#[derive(Clone, Debug)]
pub(crate) struct Webhooks {
    settings: Arc<Settings>,
    pub(crate) seal: Arc<Seal>,
    sender: Arc<Sender>,
}

/// Opens the seal, and the post with its carrier, who must be run.
pub(crate) fn open(settings: Settings, folder: &Path, database: Database) -> Result<(Webhooks, Post, Carrier), String> {
    let settings = Arc::new(settings);
    let seal = Arc::new(Seal::open(settings.key.as_ref(), folder)?);
    let sender = Arc::new(Sender::new(Arc::clone(&settings)));
    let (post, carrier) = post::open(database, Arc::clone(&seal), Arc::clone(&sender), settings.workers);
    Ok((Webhooks { settings, seal, sender }, post, carrier))
}

#[cfg(test)]
mod tests;
