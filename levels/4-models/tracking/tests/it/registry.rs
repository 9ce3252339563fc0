//! Strata's registry, running at a port of its own.

use std::sync::Arc;

use strata_config::Secret;
use strata_registry::{Config, Users, build};
use strata_runtime::{Scope, clock};
use strata_tracking::Tracking;
use tempfile::TempDir;

pub(crate) struct Registry {
    pub(crate) url: String,
    /// Asked without its port.
    pub(crate) inside: Tracking,
    _folder: TempDir,
    _scope: Scope,
}

impl Registry {
    /// For everybody, or for users only, of whom `admin` has this password.
    pub(crate) async fn start(admin_password: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::new(folder.path());
        config.port = 0;
        config.users =
            admin_password.map(|password| Users { admin_password: Some(Secret::new(password)), ..Users::default() });
        let registry = build(&config, Arc::new(clock::System)).await.unwrap();
        let (url, inside) = (format!("http://{}", registry.local_addr()), Tracking::embedded(registry.router()));
        let scope = Scope::root("registry");
        let running = scope.clone();
        scope.spawn("registry", async move { registry.run(&running).await });
        Self { url, inside, _folder: folder, _scope: scope }
    }
}
