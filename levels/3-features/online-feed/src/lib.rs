//! Keeps the online store as new as the live log: fills it from silver, follows, and repairs.
//!
//! A record of the log goes through the same pure steps as on its way to silver, so that a row is the same in both. How far
//! the log was read stands beside the rows, written with them: a record is counted once, whatever process dies when. What
//! came by another way than the live log (imports, replayed dead letters) and what came too late is read from silver.

mod changes;
pub use changes::live_changes;

mod silver;
pub use silver::{Filling, Silver};

mod meter;
pub use meter::{Meter, Stats};

mod waiting;

mod repairs;

mod feed;
pub use feed::{Feed, Imports, Settings};

/// Why the store could not be kept in step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The online store cannot be read or written.
    #[error(transparent)]
    Store(#[from] strata_online_store::Error),
    /// Rows of silver are not what they should be.
    #[error(transparent)]
    FeatureStore(#[from] strata_feature_store::Error),
    /// Silver cannot be read.
    #[error(transparent)]
    Lakehouse(#[from] strata_lakehouse::Error),
    /// Bronze cannot be read.
    #[error(transparent)]
    Bronze(#[from] strata_landing::Error),
    /// A record could not be refined.
    #[error(transparent)]
    Refinery(#[from] strata_refinery::Error),
    /// The log cannot be read.
    #[error("the log cannot be followed: {0}")]
    Log(#[from] strata_broker::client::Error),
    /// Rows do not have the columns that they should.
    #[error("table `{table}`: {cause}")]
    Shape {
        /// Which table.
        table: &'static str,
        /// What does not fit.
        #[source]
        cause: arrow::error::ArrowError,
    },
    /// A worker thread died.
    #[error("a thread of the online store died: {0}")]
    Thread(#[from] tokio::task::JoinError),
}
