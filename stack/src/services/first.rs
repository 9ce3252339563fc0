//! What is made once and then stands: silver of what is in bronze already, the first table of features, the first model. What
//! comes later is refined by the refinery; later features and models are made by command.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_runtime::Scope;
use strata_services::{BoxError, Kind, Service};

use crate::Stack;
use crate::export::SUBJECTS;
use crate::worker::{Doing, Worker};

/// A step that runs a command unless what it makes is there, or what it makes it of is not.
#[derive(Debug)]
pub(super) struct FirstStep {
    pub(super) stack: Arc<Stack>,
    pub(super) worker: Worker,
    pub(super) doing: Doing,
    pub(super) made: Made,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Made {
    Silver,
    Features,
    Model,
}

impl FirstStep {
    async fn is_due(&self) -> anyhow::Result<bool> {
        let has = |table| self.stack.processing.has_table(table);
        Ok(match self.made {
            Made::Silver => {
                // The numbers of exported patients outlive silver.
                let tables = self.stack.processing.tables().await?;
                tables.iter().all(|name| name == SUBJECTS.name) && !self.stack.processing.bronze_is_empty().await?
            }
            Made::Features => has("vitals").await? && !has("features").await?,
            Made::Model => has("features").await? && !self.stack.models.has_champion()?,
        })
    }
}

impl Service for FirstStep {
    fn raise(&self, _scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            if !self.is_due().await? {
                return Ok(());
            }
            let (command, what) = match self.made {
                Made::Silver => ("refine", "what is in bronze"),
                Made::Features => ("features", "the first features"),
                Made::Model => ("train", "a first model"),
            };
            self.doing.set(Some(what.to_owned()));
            self.worker.run(&[command], &self.doing).await
        }
        .boxed()
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
