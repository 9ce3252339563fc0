//! Experiments, runs and models behind `MLflow`'s API: Strata's own registry, or another server by its URL.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_runtime::Scope;
use strata_services::{BoxError, Service};
use strata_tracking::Tracking;

use crate::Stack;
use crate::registry::{Pages, build, config};
use crate::tracking::{Kept, at, kept};

#[derive(Debug)]
pub(super) struct RegistryService {
    stack: Arc<Stack>,
    open: Mutex<Option<Open>>,
}

#[derive(Clone, Debug)]
struct Open {
    tracking: Tracking,
    /// Where Strata's own listens.
    port: Option<u16>,
}

impl RegistryService {
    pub(super) fn new(stack: &Arc<Stack>) -> anyhow::Result<Self> {
        let open = match kept(stack.config()) {
            Kept::At(url) => Some(Open { tracking: at(url)?, port: None }),
            _ => None,
        };
        Ok(Self { stack: Arc::clone(stack), open: Mutex::new(open) })
    }

    /// Where runs and versions are kept: elsewhere always, here while it stands.
    pub(super) fn tracking(&self) -> Option<Tracking> {
        self.open().map(|open| open.tracking)
    }

    fn open(&self) -> Option<Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, open: Option<Open>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = open;
    }
}

impl Service for RegistryService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            if kept(self.stack.config()) != Kept::Here {
                return Ok(());
            }
            // Of the time before a restart.
            self.set(None);
            let mut config = config(self.stack.config(), self.stack.folder.root());
            config.pages = Pages::find();
            let registry = build(&config, Arc::clone(self.stack.clock())).await?;
            let (tracking, port) = (Tracking::embedded(registry.router()), registry.local_addr().port());
            self.set(Some(Open { tracking, port: Some(port) }));
            let own = scope.clone();
            scope.spawn_service("accept", async move { registry.run(&own).await });
            Ok(())
        }
        .boxed()
    }

    /// Its experiments are read.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move { Ok(self.tracking().ok_or("it does not stand")?.check().await?) }.boxed()
    }

    fn port(&self) -> Option<u16> {
        self.open()?.port
    }

    fn url(&self) -> Option<String> {
        let open = self.open()?;
        Some(open.port.map_or_else(|| open.tracking.name().to_owned(), |port| format!("http://127.0.0.1:{port}")))
    }
}
