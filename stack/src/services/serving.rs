//! Predictions over HTTP.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_runtime::Scope;
use strata_services::{BoxError, Service};

use super::ready;
use super::registry::RegistryService;
use crate::Stack;
use crate::models::Handle;
use crate::tracking::{Kept, kept};

#[derive(Debug)]
pub(super) struct ServingService {
    pub(super) stack: Arc<Stack>,
    pub(super) registry: Arc<RegistryService>,
    pub(super) listening: Mutex<Option<(String, u16)>>,
}

impl ServingService {
    fn listening(&self) -> Option<(String, u16)> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the champion is asked for: the registry of this stack, however often it is raised, or the same store without it.
    async fn tracking(&self, scope: &Scope) -> Result<Handle, BoxError> {
        let registry = Arc::clone(&self.registry);
        if registry.tracking().is_some() || kept(self.stack.config()) != Kept::Here {
            return Ok(Arc::new(move || registry.tracking()));
        }
        let own = self.stack.open_registry(scope).await?;
        Ok(Arc::new(move || Some(own.clone())))
    }
}

impl Service for ServingService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let (serving, following) = self.stack.models.serving_with(None, self.tracking(&scope).await?).await?;
            let listening = (serving.url(), serving.local_addr().port());
            *self.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(listening);
            let own = scope.clone();
            scope.spawn_service("accept", async move { serving.run(&own).await });
            let own = scope.clone();
            scope.spawn_service("champion", async move { following.run(&own).await });
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
