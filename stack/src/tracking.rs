//! Where runs and model versions are kept: in this folder's own registry, in any MLflow server, or in the data folder alone.

use std::sync::Arc;

use anyhow::Result;
use strata_config::Config;
use strata_control::Client;
use strata_runtime::Scope;
use strata_tracking::{Credentials, Tracking};

use crate::{Stack, registry};

/// The alias whose version is served.
pub(crate) const CHAMPION: &str = "champion";
/// The service that is this folder's own registry.
pub(crate) const REGISTRY: &str = "registry";

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept<'a> {
    /// In Strata's own registry.
    Here,
    /// In the server at this URL.
    At(&'a str),
    /// As folders, as `MLflow` would lay them out, and nowhere else.
    InFolders,
}

/// Where the configuration says.
pub(crate) fn kept(config: &Config) -> Kept<'_> {
    match config.tracking.url.as_str() {
        "" => Kept::Here,
        "none" => Kept::InFolders,
        url => Kept::At(url),
    }
}

/// The server at a URL, as whoever `MLflow`'s own variables say.
pub(crate) fn at(url: &str) -> Result<Tracking> {
    Ok(Tracking::at(url, Credentials::from_variables(|name| std::env::var(name)))?)
}

impl Stack {
    /// For a command: this folder's own registry is asked where it runs, and opened where nothing does, as long as the scope
    /// lives. `None` where nothing but folders is wanted.
    pub async fn tracking(&self, scope: &Scope) -> Result<Option<Tracking>> {
        Ok(match kept(self.config()) {
            Kept::InFolders => None,
            Kept::At(url) => Some(at(url)?),
            Kept::Here => match self.running_registry().await? {
                Some(url) => Some(Tracking::at(&url, Credentials::default())?),
                None => Some(self.open_registry(scope).await?),
            },
        })
    }

    async fn running_registry(&self) -> Result<Option<String>> {
        let Some(status) = Client::status_of(self.folder.run()).await? else { return Ok(None) };
        Ok(status
            .services
            .into_iter()
            .find(|service| service.status.name == REGISTRY)
            .and_then(|service| service.status.url))
    }

    /// This folder's own registry in this process, without a port.
    pub(crate) async fn open_registry(&self, scope: &Scope) -> Result<Tracking> {
        let config = registry::config(self.config(), self.folder.root());
        let opened = strata_registry::open(&config, Arc::clone(self.clock())).await?;
        let tracking = Tracking::embedded(opened.router());
        let inner = scope.child(REGISTRY);
        scope.spawn_service(REGISTRY, async move { opened.work(&inner).await });
        Ok(tracking)
    }
}
