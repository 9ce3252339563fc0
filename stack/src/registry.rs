//! Strata's own registry of this data folder: the same store for a running stack, for commands, and for the registry alone.

use std::path::Path;

pub use strata_registry::{Config, Registry, StartError, Users, build, lifecycle};
pub use strata_registry_ui::Pages;

use crate::infrastructure::reach;

/// How it is set up, in the folder that holds all data. Artifacts lie where the objects do, and what
/// it records in the one audit log.
pub fn config(config: &strata_config::Config, root: &Path) -> Config {
    let mut registry = Config::new(root.join("registry"));
    registry.audit = Some(strata_audit::folder(root));
    registry.port = config.tracking.port;
    let objects = &config.infrastructure.objects;
    if !objects.is_empty() {
        registry.artifacts = Some(format!("{}/registry", objects.trim_end_matches('/')));
        registry.s3 = reach(&config.infrastructure);
    }
    registry
}
