//! Writes event logs to bronze, untouched and replayable, and reads them back.
//!
//! Bronze is `raw/<topic>/date=YYYY-MM-DD/hour=HH/<log>-<partition>-<first offset>.ndjson.zst`: one
//! record a line, bytes unchanged. The manifest beside an object is written last and is the commit:
//! an object without one does not exist. Offsets count the records of a log's partition from 0, as
//! Kafka's do, so a writer that comes back starts at the last committed offset + 1.

mod manifest;
pub use manifest::{Availability, Manifest};

mod writer;
pub use writer::{Flusher, Landed, Writer, open};

mod live;
pub use live::{Beginning, LIVE, Landing, LiveSettings};

mod meter;
pub use meter::{Meter, Stats};

mod open_objects;
mod patience;

mod line;
pub use line::{as_it_came, line};

mod begin;

mod reader;
pub use reader::{Bronze, Lines};

/// Why bronze could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The object store refused.
    #[error(transparent)]
    Objects(#[from] strata_objects::Error),
    /// Bronze holds something that this crate did not write, or that was damaged since.
    #[error("`{name}` is damaged: {reason}; restore it from a backup or remove it and its manifest")]
    Damaged {
        /// The object.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A record that cannot be a line.
    #[error("a record of topic `{0}` holds a line break: bronze keeps one record a line")]
    LineBreak(strata_types::Topic),
    /// The log cannot be read.
    #[error("the log cannot be landed: {0}")]
    Log(#[from] strata_broker::client::Error),
    /// A record is missing between what has landed and what the log gives.
    #[error(
        "{topic}/{partition} goes on at offset {found}, but bronze ends at {landed}: records between are gone from the log, \
         or it is another log; give it another data folder, or restore the log"
    )]
    Gap {
        /// The topic.
        topic: strata_types::Topic,
        /// The partition.
        partition: u8,
        /// Where bronze ends.
        landed: u64,
        /// What the log gives next.
        found: u64,
    },
    /// The flusher has gone, so nothing can be written.
    #[error("bronze takes no more records: the write before failed")]
    Closed,
}

impl Error {
    /// Whether the same may go well later, with nothing changed here.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Objects(error) if error.may_pass())
    }
}
