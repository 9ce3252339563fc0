//! Live events: a log that speaks Kafka, the gateway that fills it over HTTP, and the landing that empties it into bronze.
//!
//! The log is below both; what one of them does is no business of the other. They are raised by health and felled from the
//! top: the gateway takes nothing more, bronze gets what was read, and the log is closed.

mod gateway;
mod landing;
mod log;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use strata_audit::Audit;
use strata_config::Ingestion as Config;
use strata_objects::Objects;
use strata_runtime::{Clock, Scope};
use strata_services::{Node, Policy, Service, Status, Supervisor};

use crate::Folder;

use gateway::GatewayService;
use landing::LandingService;
use log::LogService;

/// How long the services may take until all of them are healthy.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes live events into bronze while it stands.
#[derive(Debug)]
pub struct Live {
    supervisor: Supervisor,
    log: Arc<LogService>,
    names: Vec<&'static str>,
}

/// What they are made of.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) folder: Folder,
    pub(crate) objects: Objects,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Live {
    pub(crate) fn build(parts: &Parts, scope: &Scope) -> Result<Self> {
        let audit = Audit::open(strata_audit::folder(parts.folder.root()), Arc::clone(&parts.clock))
            .context("the audit log cannot be opened")?;
        let log = Arc::new(LogService::new(parts));
        let landing = Arc::new(LandingService::new(parts, Arc::clone(&log)));
        let gateway = Arc::new(GatewayService::new(parts, Arc::clone(&log), audit));
        let services: [(&'static str, &[&'static str], Arc<dyn Service>); 3] =
            [("log", &[], Arc::clone(&log) as _), ("landing", &["log"], landing), ("gateway", &["log"], gateway)];
        let names = services.iter().map(|(name, _, _)| *name).collect();
        let nodes = services.into_iter().map(|(name, needs, service)| (Node { name, needs: needs.to_vec() }, service));
        let supervisor = Supervisor::new(scope.clone(), nodes.collect(), Policy::default())?;
        Ok(Self { supervisor, log, names })
    }

    /// Raises all of them; ready when each has done some of its work.
    pub async fn raise(&self) -> Result<()> {
        self.supervisor.want(&self.names);
        self.supervisor.settled(&self.names, PATIENCE).await?;
        Ok(())
    }

    /// Each of them as it is now, from the ground up.
    pub fn statuses(&self) -> Vec<Status> {
        self.supervisor.statuses()
    }

    /// Fells all of them, the top first: what was taken is in bronze or in the log.
    pub async fn fell(&self) -> Result<()> {
        let late = self.supervisor.fell(&self.names).await;
        self.log.close().await?;
        if !late.is_empty() {
            bail!("these did not end in time: {}; what they had acknowledged is in the log", late.join(", "));
        }
        Ok(())
    }
}
