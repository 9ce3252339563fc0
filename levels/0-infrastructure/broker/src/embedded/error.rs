//! What can be wrong with a broker.

use std::path::PathBuf;

use super::store::log::OpenError;

/// Partitions of all topics together, so that files and memory have a bound.
pub(crate) const MOST_PARTITIONS: usize = 10_000;

/// Why a broker does not open.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has it open (fault 10: two managers at once corrupt each other).
    #[error("{0} is in use by another process; stop that one first")]
    InUse(PathBuf),
    /// A log does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file system says no.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
}

/// Why a topic is not made or deleted, or nothing of it released.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// The name is not allowed.
    #[error("`{0}` is no name for a topic: use up to 249 of a-z, A-Z, 0-9, `.`, `_` and `-`")]
    Name(String),
    /// It is there already.
    #[error("there is a topic `{0}` already")]
    Exists(String),
    /// It is not there.
    #[error("there is no topic `{0}`, or no such partition in it")]
    Unknown(String),
    /// No topic has so many partitions.
    #[error("a topic has 1 to 1000 partitions, and all topics together up to {MOST_PARTITIONS}")]
    Partitions,
    /// Its data are still needed.
    #[error("`{0}` is kept until what reads it has let go of it: clients cannot delete it")]
    Held(String),
    /// It has records, and ends before the offset at which it is to go on.
    #[error(
        "{topic}/{partition} ends at offset {end}, and what was read of it at {wanted}: it is an older copy of the log;          bring back the newer one, or move it away to begin an empty one"
    )]
    Behind {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// Where it ends.
        end: i64,
        /// Where it should go on.
        wanted: i64,
    },
    /// Its files could not be made or removed.
    #[error(transparent)]
    Files(#[from] Error),
}

/// Why the log is not well.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// A record could not be written.
    #[error("a record could not be written: {0}")]
    Write(String),
    /// The record that was written could not be read.
    #[error("a record that was written could not be read back: {0}")]
    Read(String),
    /// A partition takes nothing more.
    #[error(
        "{topic}/{partition} takes nothing more since the disk failed: {cause}; restart after the disk is well again"
    )]
    Failed {
        /// The topic.
        topic: String,
        /// The partition.
        partition: i32,
        /// What the disk said.
        cause: String,
    },
}
