//! A store that a command opens.

use std::sync::Arc;

use strata_artifacts::Artifacts;
use strata_audit::{Action, Agent, Audit, Entity, Entry};
use strata_database::{Database, Transaction};
use strata_runtime::Clock;

use super::Error;
use crate::migrations::MIGRATIONS;
use crate::{Config, experiments};

/// Told how far the work is: at what, so much of so much.
pub type Progress<'a> = &'a mut (dyn FnMut(&'static str, u64, u64) + Send);

/// The store of a registry, whether its server runs or not.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) config: Config,
    pub(super) database: Database,
    pub(super) clock: Arc<dyn Clock>,
    audit: Audit,
    who: Agent,
}

impl Store {
    /// Opens it, and makes it where there is none. What is done to it is recorded as done by `who`.
    pub async fn open(config: Config, clock: Arc<dyn Clock>, who: Agent) -> Result<Self, Error> {
        let folder = &config.data_dir;
        std::fs::create_dir_all(folder).map_err(Error::io(format!("{} could not be made", folder.display())))?;
        let database = Database::open(&config.url(), MIGRATIONS, &*clock).await?;
        experiments::settle_first(&database, &config.root(), clock.now_micros() / 1_000).await?;
        let audit = Audit::open(config.audit(), Arc::clone(&clock))?;
        Ok(Self { config, database, clock, audit, who })
    }

    /// Waits for what is under way, and closes it.
    pub async fn close(self) {
        self.database.close().await;
    }

    pub(super) fn artifacts(&self) -> Result<Artifacts, Error> {
        Ok(Artifacts::open(&self.config.artifacts(), &self.config.s3)?)
    }

    pub(super) async fn read(&self) -> Result<Transaction, Error> {
        Ok(self.database.read().await?)
    }

    pub(super) async fn write(&self) -> Result<Transaction, Error> {
        Ok(self.database.write().await?)
    }

    /// Now, as MLflow counts.
    pub(super) fn now(&self) -> i64 {
        self.clock.now_micros() / 1_000
    }

    /// Leaves a record of what was done: on what, and how much of it.
    pub(super) async fn record(
        &self,
        what: &str,
        action: Action,
        on: impl IntoIterator<Item = Entity>,
        counts: &[(&str, u64)],
    ) -> Result<(), Error> {
        let mut entry = Entry::new(self.who.clone(), what, action);
        for entity in on {
            entry = entry.on(entity);
        }
        for (of, count) in counts {
            entry = entry.count(of, *count);
        }
        let audit = self.audit.clone();
        tokio::task::spawn_blocking(move || audit.record(entry))
            .await
            .map_err(|error| Error::io("the audit log")(std::io::Error::other(error)))??;
        Ok(())
    }
}
