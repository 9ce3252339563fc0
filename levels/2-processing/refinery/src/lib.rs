//! Bronze to silver: parse, standardise, deduplicate, validate, derive, score; nothing is lost.
//!
//! Silver is a pure function of bronze: of all records of a key the greatest (`ingested_at`,
//! `event_id`, hash of the bytes) wins, and a row depends on its winner alone. So any batching, any
//! order of arrival and any number of replays give the same silver. What is refused, whole or in
//! part, stands in `quarantine` with its rule, its reason and its raw value.

mod column;

mod origin;
pub use origin::Origin;

mod finding;
pub use finding::{Finding, QUARANTINE, Scope};

// The six steps, in their order. Each is pure.
mod deduplicate;
mod derive;
mod parse;
mod quality;
mod standardise;
mod validate;

mod silver;
pub use silver::{ADVERSE_EVENTS, LABELS, LABS, MEDICATIONS, PATIENTS, VITALS};

// What is hot goes another way, to the same end.
mod scan;

mod folder;
pub use folder::{FolderCounts, FolderError, FolderJob, FolderProgress, folder_floor, refine_folder};

mod contest;

mod records;
pub use records::{LiveRecord, LiveRows, live_rows};

mod refine;
pub use refine::{
    BronzeReach, Follower, OnInvalid, Pass, Place, Progress, RefineTasks, Refined, Refinery, Refused, Replayed,
    Settings, mark_name,
};

mod report;
pub use report::{QualityReport, RATE_LEDGER, RuleCount, TableCount, UNIT_LEDGER, VariableCount, quality_report};

/// Why refining stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Bronze cannot be read.
    #[error(transparent)]
    Bronze(#[from] strata_landing::Error),
    /// A table cannot be read or written.
    #[error(transparent)]
    Lakehouse(#[from] strata_lakehouse::Error),
    /// Rows of one table do not fit together: a file was written by something else.
    #[error("table `{table}`: {cause}")]
    Shape {
        /// Which table.
        table: &'static str,
        /// What does not fit.
        #[source]
        cause: arrow::error::ArrowError,
    },
    /// The cluster, or a job on it, gave up.
    #[error(transparent)]
    Engine(#[from] strata_lakehouse::batch::Error),
    /// A table is written to that was not opened: a mistake in Strata.
    #[error("table `{table}` is not open; report this")]
    NotOpen {
        /// Which table.
        table: &'static str,
    },
    /// A worker thread died.
    #[error("a refining thread died: {0}")]
    Thread(#[from] tokio::task::JoinError),
}
