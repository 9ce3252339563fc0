//! Composition: builds each level from its configuration and the levels below it.
//!
//! Each level's file says what the level is made of and may see only what is passed to it, which is
//! what stands below. Data rises through them: a source to bronze, bronze to silver, silver to
//! features, features to a model, a model to predictions.

mod folder;
pub use folder::{Folder, Lock};

mod infrastructure;
pub use infrastructure::S3;

mod ingestion;
pub use ingestion::{Imported, Ingestion};

mod live;
pub use live::Live;

mod processing;
pub use processing::Processing;

mod features;
pub use features::{FeatureCounts, Features};

mod models;
pub use models::{Evaluated, ModelRow, Models, TrainedRun, TrainingProgress};

// What commands hand to the levels and get from them.
pub use strata_evaluation::Gate;
pub use strata_lakehouse::Format;
pub use strata_refinery::{QualityReport, Refined};
pub use strata_services::Status;
pub use strata_serving::openapi;
pub use strata_sources::Source;
pub use strata_sources::synthetic::Drift;

use std::sync::Arc;

use anyhow::Result;
use strata_config::Config;
use strata_runtime::{Clock, Scope};

/// The levels, built.
#[derive(Debug)]
pub struct Stack {
    /// Where everything lies.
    pub folder: Folder,
    /// Level 1: into bronze.
    pub ingestion: Ingestion,
    /// Level 2: bronze to silver, and SQL.
    pub processing: Processing,
    /// Level 3: silver to features.
    pub features: Features,
    /// Level 4: features to models and predictions.
    pub models: Models,
    /// What live events are taken in with.
    live: live::Parts,
}

impl Stack {
    /// Builds every level. Nothing runs yet.
    pub fn build(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self> {
        let folder = Folder::open(&config.data_dir)?;
        let objects = infrastructure::build(&folder)?;
        let ingestion = ingestion::build(&config.ingestion, &objects, clock);
        let processing = processing::build(&config.processing, &folder, &objects, clock)?;
        let features = features::build(&config.features, &config.labels, &processing, clock);
        let models = models::build(&config.training, &config.serving, &folder, &features, clock);
        let live = live::Parts {
            config: config.ingestion.clone(),
            folder: folder.clone(),
            objects: objects.clone(),
            clock: Arc::clone(clock),
        };
        Ok(Self { folder, ingestion, processing, features, models, live })
    }

    /// The services that take live events in, on these ports or the configured ones. Nothing runs yet.
    pub fn live(&self, gateway_port: Option<u16>, log_port: Option<u16>) -> Result<Live> {
        let mut parts = self.live.clone();
        parts.config.gateway_port = gateway_port.unwrap_or(parts.config.gateway_port);
        parts.config.log_port = log_port.unwrap_or(parts.config.log_port);
        Live::build(&parts, &Scope::root("live"))
    }
}
