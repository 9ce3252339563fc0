//! Predictions over HTTP.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_runtime::Scope;
use strata_services::{BoxError, Service};

use super::ready;
use crate::Stack;

#[derive(Debug)]
pub(super) struct ServingService {
    pub(super) stack: Arc<Stack>,
    pub(super) listening: Mutex<Option<(String, u16)>>,
}

impl ServingService {
    fn listening(&self) -> Option<(String, u16)> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Service for ServingService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let serving = self.stack.models.serving(None, None)?;
            let listening = (serving.url(), serving.local_addr().port());
            *self.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(listening);
            let own = scope.clone();
            scope.spawn_service("accept", async move { serving.run(&own).await });
            Ok(())
        }
        .boxed()
    }

    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { ready(self.url()).await }.boxed()
    }

    fn port(&self) -> Option<u16> {
        self.listening().map(|(_, port)| port)
    }

    fn url(&self) -> Option<String> {
        self.listening().map(|(url, _)| url)
    }
}
