//! Composition: builds each level from its configuration and the levels below it.
//!
//! Each level's file says what the level is made of and may see only what is passed to it, which is
//! what stands below. Data rises through them: a source to bronze, bronze to silver, silver to
//! features, features to a model, a model to predictions.

mod levels;
pub use levels::{LEVELS, PROFILES};

mod folder;
pub use folder::{Folder, Writer};

mod producing;

mod infrastructure;
pub use infrastructure::S3;

mod ingestion;
pub use ingestion::{Imported, Ingestion};

mod processing;
pub use processing::{Processing, refine_folder};

mod online;

mod parity;
pub use parity::{Parity, ParityProgress, Sample};

mod features;
pub use features::{FeatureCounts, Features};

pub mod cluster;
pub mod registry;

mod tracking;

mod models;
pub use models::{Evaluated, Following, ModelRow, Models, TrainedRun, TrainingProgress};

mod services;

mod running;
pub use running::Running;

mod ports;
pub use ports::Port;

mod dead_letters;
pub use dead_letters::{DeadLetter, DeadLetters, Letter, LetterCount, LetterFilter, LetterPlace};

mod erase;
pub use erase::Holdings;

mod export;
pub use export::{Exported, Splitting};

mod worker;
pub use worker::{PROGRESS, WORKER, Worker};

// What commands hand to the levels and get from them.
pub use strata_control::{Chart, Choice, Client, Controlled, Error as ControlError, Health, Place};
pub use strata_control::{Request, ServiceStatus, StackStatus, Start};
pub use strata_evaluation::Gate;
pub use strata_feature_server::openapi as features_openapi;
pub use strata_feature_store::{Asked, Windowed, windows};
pub use strata_features::{Closed, FEATURES, Stat};
pub use strata_gateway::{Minted, Scope, mint, openapi as gateway_openapi};
pub use strata_lakehouse::Format;
pub use strata_lakehouse::batch::Engine;
pub use strata_lakehouse::cluster::{Executor, Member, Roster, Scheduler};
pub use strata_producer::{Counts, Ended, Meter, Pace, Production, Report};
pub use strata_refinery::{FolderCounts, FolderProgress, QualityReport, Refined, Refused, Replayed};
pub use strata_services::{Figure, State};
pub use strata_serving::openapi as serving_openapi;
pub use strata_sources::Source;
pub use strata_sources::synthetic::Drift;
pub use strata_types::Topic;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use strata_config::Config;
use strata_objects::Objects;
use strata_runtime::Clock;

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
    online: online::Online,
    objects: Objects,
    config: Config,
    clock: Arc<dyn Clock>,
}

impl Stack {
    /// Builds every level. Nothing runs yet.
    pub fn build(config: &Config, clock: &Arc<dyn Clock>) -> Result<Self> {
        let folder = Folder::open(&config.data_dir)?;
        let objects = infrastructure::build(&config.infrastructure, &folder)?;
        let ingestion = ingestion::build(&config.ingestion, &folder, &objects, clock);
        let lakehouse = processing::lake(config, &folder)?;
        let processing = processing::build(&config.processing, lakehouse, &objects, clock);
        let features = features::build(&config.features, &config.labels, &processing, clock);
        let online = online::build(config)?;
        let models = models::build(config, &folder, &features, &online, clock);
        let (config, clock) = (config.clone(), Arc::clone(clock));
        Ok(Self { folder, ingestion, processing, features, models, online, objects, config, clock })
    }

    /// What it was built from.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Which services there are, and who needs whom.
    pub fn chart(config: &Config) -> Result<Chart> {
        services::chart(config)
    }

    /// What a start of these services waits for, by how long each took the last time, in seconds.
    pub fn critical_path(chart: &Chart, chosen: &[&str], took: &BTreeMap<String, f64>) -> Start {
        let took = took.iter().filter(|(name, _)| chosen.contains(&name.as_str()));
        let took =
            took.filter_map(|(name, seconds)| Some((name.as_str(), Duration::try_from_secs_f64(*seconds).ok()?)));
        let path = strata_services::critical_path(chart.graph(), &took.collect());
        let services = path.services.into_iter().map(str::to_owned).collect();
        Start { critical_path: services, seconds: path.takes.as_secs_f64() }
    }

    /// How a folder fares on which nothing runs: what was wanted last, and whether it was felled or killed.
    pub fn at_rest(folder: &Folder, config: &Config) -> Result<StackStatus> {
        services::at_rest(folder, config)
    }

    pub(crate) fn online(&self) -> &online::Online {
        &self.online
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}
