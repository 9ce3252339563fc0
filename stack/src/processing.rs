//! Level 2: from bronze to silver, and SQL over every table.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use strata_config::{OnInvalid, Processing as Config};
use strata_lakehouse::batch::Engine;
use strata_lakehouse::{Lakehouse, Rows};
use strata_landing::Bronze;
use strata_objects::Objects;
use strata_refinery::{
    FolderCounts, FolderJob, FolderProgress, Follower, Progress, QualityReport, RATE_LEDGER, Refined, Refinery,
    Refused, Replayed, Settings, UNIT_LEDGER, quality_report,
};
use strata_runtime::Clock;
use strata_types::{Timestamp, Topic};

use crate::{Folder, infrastructure};

/// The refinery and its tables.
#[derive(Debug)]
pub struct Processing {
    lakehouse: Lakehouse,
    bronze: Bronze,
    refinery: Refinery,
    on_invalid: strata_refinery::OnInvalid,
    clock: Arc<dyn Clock>,
}

pub(crate) fn build(config: &Config, lakehouse: Lakehouse, objects: &Objects, clock: &Arc<dyn Clock>) -> Processing {
    let bronze = Bronze::new(objects.clone());
    let settings = Settings {
        on_invalid: on_invalid(config.on_invalid),
        require_enrolment: config.require_enrolment,
        wave_bytes: config.wave_bytes,
    };
    let refinery = Refinery::new(bronze.clone(), lakehouse.clone(), settings);
    let on_invalid = settings.on_invalid;
    Processing { lakehouse, bronze, refinery, on_invalid, clock: Arc::clone(clock) }
}

/// The tables of this configuration: in the data folder, unless they are said to lie elsewhere.
pub(crate) fn lake(config: &strata_config::Config, folder: &Folder) -> Result<Lakehouse> {
    if config.processing.tables.is_empty() {
        return Ok(Lakehouse::open(&folder.tables(), vec![UNIT_LEDGER, RATE_LEDGER])?);
    }
    tables_at(&config.infrastructure, &config.processing.tables)
}

/// The tables at `s3://BUCKET/PREFIX` or `file:///FOLDER`.
pub(crate) fn tables_at(config: &strata_config::Infrastructure, location: &str) -> Result<Lakehouse> {
    if let Some(folder) = location.strip_prefix("file://") {
        return Ok(Lakehouse::open(Path::new(folder), vec![UNIT_LEDGER, RATE_LEDGER])?);
    }
    let bucket = Objects::bucket(location, &infrastructure::reach(config))?;
    Ok(Lakehouse::in_bucket(location, bucket, vec![UNIT_LEDGER, RATE_LEDGER])?)
}

fn on_invalid(config: OnInvalid) -> strata_refinery::OnInvalid {
    match config {
        OnInvalid::Cell => strata_refinery::OnInvalid::Cell,
        OnInvalid::Row => strata_refinery::OnInvalid::Row,
    }
}

/// Bytes of packed readings that refining a folder holds in memory. With those at work and the files being read and written it
/// takes up to 300 MB more, however much there is to refine.
const FOLDER_MEMORY: u64 = 384 << 20;

/// Refines a folder of NDJSON into another, outside of any lake, on all cores.
pub async fn refine_folder(
    from: &Path,
    to: &Path,
    config: OnInvalid,
    progress: impl Fn(FolderProgress) + Send + Sync + 'static,
) -> Result<FolderCounts> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (from, to, on_invalid) = (from.to_owned(), to.to_owned(), on_invalid(config));
    let job = FolderJob { from, to, on_invalid, threads, memory_bytes: FOLDER_MEMORY };
    let refining = move || strata_refinery::refine_folder(&job, &progress);
    Ok(tokio::task::spawn_blocking(refining).await??)
}

impl Processing {
    /// Refines what is new in bronze.
    pub async fn refine(&self, engine: &Engine, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<Vec<Refined>> {
        Ok(self.refinery.run_by(engine, Timestamp(self.clock.now_micros()), progress).await?)
    }

    /// Silver that follows the live log, pass after pass.
    pub(crate) fn follower(&self) -> Follower {
        self.refinery.follow()
    }

    /// Refines again, by today's rules, what was refused whole.
    pub(crate) async fn replay(&self, refused: &Refused) -> Result<Replayed> {
        Ok(self.refinery.replay(refused, Timestamp(self.clock.now_micros())).await?)
    }

    /// Whether nothing was ever written to bronze.
    pub async fn bronze_is_empty(&self) -> Result<bool> {
        for topic in Topic::ALL {
            if !self.bronze.logs(topic).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether there is a table of this name.
    pub async fn has_table(&self, name: &str) -> Result<bool> {
        Ok(self.tables().await?.iter().any(|known| known == name))
    }

    /// How good the data is.
    pub async fn quality(&self) -> Result<QualityReport> {
        Ok(quality_report(&self.lakehouse, &self.bronze).await?)
    }

    /// Answers one SQL query.
    pub async fn query(&self, sql: &str) -> Result<Rows> {
        Ok(self.lakehouse.query(sql).await?)
    }

    /// The tables that exist.
    pub async fn tables(&self) -> Result<Vec<String>> {
        Ok(self.lakehouse.names().await?)
    }

    /// What becomes of a row with an impossible value.
    pub(crate) fn on_invalid(&self) -> strata_refinery::OnInvalid {
        self.on_invalid
    }

    pub(crate) fn bronze(&self) -> &Bronze {
        &self.bronze
    }

    pub(crate) fn lakehouse(&self) -> &Lakehouse {
        &self.lakehouse
    }
}
