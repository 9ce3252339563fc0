//! The first filling: an empty folder gets the history of the synthetic hospital, so that everything can be seen at work.

use std::path::PathBuf;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_config::FirstHistory;
use strata_runtime::Scope;
use strata_services::{BoxError, Kind, Service};

use crate::Stack;
use crate::worker::{Doing, Worker};

#[derive(Debug)]
pub(super) struct HistoryStep {
    pub(super) stack: Arc<Stack>,
    pub(super) worker: Worker,
    pub(super) doing: Doing,
}

impl HistoryStep {
    /// Lies there from the beginning of the filling to its end: a filling that was cut short is begun anew, and adds only
    /// what is missing.
    fn begun(&self) -> PathBuf {
        self.stack.folder.root().join("run").join("first-history")
    }
}

impl Service for HistoryStep {
    fn raise(&self, _scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let begun = self.begun();
            let wanted = self.stack.config().ingestion.first_history == FirstHistory::Synthetic;
            if !wanted || (!begun.exists() && !self.stack.processing.bronze_is_empty().await?) {
                return Ok(());
            }
            std::fs::write(&begun, "")?;
            self.doing.set(Some("the synthetic hospital's history".to_owned()));
            self.worker.run(&["generate"], &self.doing).await?;
            std::fs::remove_file(&begun)?;
            Ok(())
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
