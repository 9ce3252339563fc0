//! What is made once and then stands: a history in an empty folder, silver of what is in bronze already, the first table of
//! features, the first model. What comes later is refined by the refinery; later features and models are made by command.

use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_config::FirstHistory;
use strata_runtime::Scope;
use strata_services::{BoxError, Kind, Service};

use super::registry::RegistryService;
use crate::Stack;
use crate::export::SUBJECTS;
use crate::worker::{Doing, Worker};

/// A step that runs a command unless what it makes is there, or what it makes it of is not.
#[derive(Debug)]
pub(super) struct FirstStep {
    pub(super) stack: Arc<Stack>,
    pub(super) registry: Arc<RegistryService>,
    pub(super) worker: Worker,
    pub(super) doing: Doing,
    pub(super) made: Made,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// The synthetic hospital's, so that everything can be seen at work.
    History,
    Silver,
    Features,
    Model,
}

impl FirstStep {
    async fn is_due(&self) -> anyhow::Result<bool> {
        let (processing, config) = (&self.stack.processing, self.stack.config());
        let has = |table| processing.has_table(table);
        Ok(match self.made {
            Made::History => {
                let wanted = config.ingestion.first_history == FirstHistory::Synthetic;
                wanted && (self.begun().exists() || processing.bronze_is_empty().await?)
            }
            Made::Silver => {
                // The numbers of exported patients outlive silver.
                processing.tables().await?.iter().all(|name| name == SUBJECTS.name)
                    && !processing.bronze_is_empty().await?
            }
            Made::Features => has("vitals").await? && !has("features").await?,
            Made::Model => {
                let tracking = self.registry.tracking();
                has("features").await? && !self.stack.models.has_champion(tracking.as_ref()).await?
            }
        })
    }

    /// Lies there from the beginning of the history's making to its end: one that was cut short is begun anew, and adds only
    /// what is missing.
    fn begun(&self) -> PathBuf {
        self.stack.folder.root().join("run").join("first-history")
    }

    async fn make(&self) -> Result<(), BoxError> {
        let (command, what) = match self.made {
            Made::History => ("generate", "the synthetic hospital's history"),
            Made::Silver => ("refine", "what is in bronze"),
            Made::Features => ("features", "the first features"),
            Made::Model => ("train", "a first model"),
        };
        self.doing.set(Some(what.to_owned()));
        if self.made == Made::History {
            std::fs::write(self.begun(), "")?;
        }
        self.worker.run(&[command], &self.doing).await?;
        if self.made == Made::History {
            std::fs::remove_file(self.begun())?;
        }
        Ok(())
    }
}

impl Service for FirstStep {
    fn raise(&self, _scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { if self.is_due().await? { self.make().await } else { Ok(()) } }.boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed()
    }

    fn kind(&self) -> Kind {
        Kind::Step
    }

    fn memory_bytes(&self) -> Option<u64> {
        self.doing.memory_bytes()
    }

    fn doing(&self) -> Option<String> {
        self.doing.get()
    }
}
