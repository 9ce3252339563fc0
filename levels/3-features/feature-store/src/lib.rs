//! The features of the past as a table, and a patient's timeline as of now; both point-in-time correct.
//!
//! The table `features` holds a vector for every patient and hour of the grid, with the label where
//! it is known. Every vector, there and at serving, comes from [`strata_features::compute`].

mod columns;
mod parts;

mod span;

mod gathered;
mod sources;

mod items;
pub use items::{Item, Source};

mod many;

mod table;
pub use table::FEATURES_TABLE;

mod metadata;
pub use metadata::{BINS_TABLE, DEFINITIONS_TABLE, PROFILES_TABLE, QUANTILES};

mod group;
pub use group::Labelling;

mod store;
pub use store::{FeatureStore, Materialised, Progress};

mod job;
pub use job::ComputeFeatures;

mod requests;
pub use requests::{Requests, Training};

mod windows;
pub use windows::{Asked, Windowed, windows};

mod training;
pub use training::{LabelledRows, PatientFact};

/// Why features could not be computed or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A table cannot be read or written.
    #[error(transparent)]
    Lakehouse(#[from] strata_lakehouse::Error),
    /// The cluster, or a job on it, gave up.
    #[error(transparent)]
    Engine(#[from] strata_lakehouse::batch::Error),
    /// Rows do not have the columns that they should.
    #[error("table `{table}`: {cause}")]
    Shape {
        /// Which table.
        table: &'static str,
        /// What does not fit.
        #[source]
        cause: arrow::error::ArrowError,
    },
    /// There is nothing to compute from.
    #[error("there is no silver data: run `strata import` or `strata generate`, then `strata refine`")]
    NoSilver,
    /// There is nothing to train on.
    #[error("there are no features: run `strata features`")]
    NoFeatures,
    /// A list of requests is wrong.
    #[error("row {row} of the requests: {reason}")]
    Request {
        /// Which row, from 1, the header not counted.
        row: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Windows that cannot be computed from what is there.
    #[error("{0}")]
    Windows(String),
    /// A worker thread died.
    #[error("a feature thread died: {0}")]
    Thread(#[from] tokio::task::JoinError),
}
