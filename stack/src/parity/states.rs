//! Where the online store's states are read: of a running stack by its feature server, at rest in the store itself.

use std::sync::Arc;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use strata_broker::client::Options;
use strata_control::{Client, Health};
use strata_online_store::{Marks, OnlineStore};
use strata_types::PatientId;

use crate::{Stack, online};

/// Where the online store's states are read.
pub(super) enum States {
    /// Of a running stack, by its feature server.
    There(String),
    /// In the store itself, of which nobody else has hold.
    Here(OnlineStore),
}

/// States, and how far the store had read before they were.
pub(super) type Page = (Option<Marks>, Vec<(PatientId, Vec<u8>)>);

impl Stack {
    /// Where the online store is, and the log that it follows, while a stack runs.
    pub(super) async fn states(&self) -> Result<(States, Option<Options>)> {
        if let Some(status) = Client::status_of(self.folder.run()).await? {
            let url = |name: &str| {
                let service = status.services.iter().find(|service| service.status.name == name);
                service.filter(|service| service.health == Health::Healthy)?.status.url.clone()
            };
            let Some(online) = url("online") else {
                bail!(
                    "the stack runs without a healthy online store: raise it with `strata up --only online`, see `strata status`"
                )
            };
            let log = if let Some(options) = crate::services::external_log(self.config())? {
                options
            } else {
                let log = url("log").context("the log of the running stack is not healthy")?;
                Options::new(log.trim_start_matches("kafka://"))
            };
            return Ok((States::There(online), Some(log)));
        }
        let url = &self.config().infrastructure.key_value;
        let url = if url.expose().is_empty() {
            strata_config::Secret::new(format!("file://{}", self.folder.key_value().display()))
        } else {
            url.clone()
        };
        let below = strata_key_value::open(&url, Arc::clone(self.clock())).await?;
        let store = self.online().store(below);
        if store.marks().await?.is_none() {
            bail!("the online store was never filled: raise the stack with `strata up`");
        }
        Ok((States::Here(store), None))
    }
}

impl States {
    pub(super) async fn page(&self, after: Option<&PatientId>, limit: usize) -> Result<Page> {
        match self {
            Self::Here(store) => {
                let marks = store.marks().await?;
                let page = store.page(after, limit).await?;
                Ok((marks, page.into_iter().map(|(patient, bytes)| (patient, bytes.to_vec())).collect()))
            }
            Self::There(url) => {
                let after = after.map_or_else(String::new, |patient| format!("&after={patient}"));
                read(online::page(format!("{url}/v1/states?limit={limit}{after}")).await?)
            }
        }
    }

    pub(super) async fn one(&self, patient: &PatientId) -> Result<(Option<Marks>, Option<Vec<u8>>)> {
        match self {
            Self::Here(store) => {
                let marks = store.marks().await?;
                Ok((marks, store.stored(patient).await?.map(|bytes| bytes.to_vec())))
            }
            Self::There(url) => {
                let (marks, page) = read(online::page(format!("{url}/v1/states?patient_id={patient}")).await?)?;
                Ok((marks, page.into_iter().next().map(|(_, bytes)| bytes)))
            }
        }
    }
}

fn read(page: strata_feature_server::StatesPage) -> Result<Page> {
    let marks = page.marks.map(|marks| Ok::<_, anyhow::Error>(Marks::read(&STANDARD.decode(marks)?)?)).transpose()?;
    let state =
        |state: strata_feature_server::StoredState| Ok((state.patient_id.parse()?, STANDARD.decode(state.state)?));
    Ok((marks.flatten(), page.states.into_iter().map(state).collect::<Result<_>>()?))
}
