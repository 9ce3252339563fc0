//! What the gateway needs of the level below: the smallest port.

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use strata_types::{PatientId, Timestamp, Topic};

/// One record on its way to the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it belongs.
    pub topic: Topic,
    /// Who it is about: the key, which chooses the partition.
    pub patient_id: PatientId,
    /// One JSON object in one line of UTF-8, without a line break.
    pub line: Bytes,
    /// When it reached the gateway: the log's own time of the record. The line says it too.
    pub ingested_at: Timestamp,
}

/// An append-only log of events.
pub trait EventLog: Send + Sync + 'static {
    /// Appends all of these; they are durable when this is ready and well. The records of a patient keep their order.
    ///
    /// After an error some may have been appended: the sender sends all of them again, and silver counts each once.
    fn append(&self, records: Vec<Record>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Whether it would take records now; asked by `/readyz`.
    fn ready(&self) -> BoxFuture<'_, Result<(), Unavailable>>;
}

/// Why the log takes nothing now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It cannot keep up: come again after this time (429).
    #[error("the log is behind; try again in {} s", retry_after.as_secs().max(1))]
    Behind {
        /// When to come again.
        retry_after: Duration,
    },
    /// It cannot be reached or written (503). The reason is told to the caller, so it names no patient.
    #[error("the log cannot be written: {0}")]
    Unreachable(String),
}
