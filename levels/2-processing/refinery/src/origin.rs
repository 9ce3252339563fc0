//! Where a record comes from, and which of several records of one key wins.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use strata_types::Timestamp;

/// A record's place on the log, its identity, and when it was known.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The log.
    pub log: Arc<str>,
    /// The log's partition.
    pub partition: u8,
    /// The record's offset.
    pub offset: u64,
    /// When the first door of Strata took it in: the log's own time.
    pub ingested_at: Timestamp,
    /// When it counts as known to those who treat the patient.
    pub available_at: Timestamp,
    /// Its id: the sender's, else the `UUIDv5` of its bytes.
    pub event_id: String,
    /// The first eight bytes of the SHA-256 of its bytes.
    pub record_hash: i64,
}

/// What decides among records of one key: the greatest wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Rank {
    pub(crate) ingested_at: i64,
    pub(crate) event_id: String,
    pub(crate) record_hash: i64,
}

impl Origin {
    /// What a [`Rank`] is compared by.
    pub(crate) fn order(&self) -> impl Ord + '_ {
        (self.ingested_at, self.event_id.as_str(), self.record_hash)
    }

    pub(crate) fn rank(&self) -> Rank {
        Rank { ingested_at: self.ingested_at.0, event_id: self.event_id.clone(), record_hash: self.record_hash }
    }
}
