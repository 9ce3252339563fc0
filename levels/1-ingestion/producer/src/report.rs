//! What a production did.

use serde::Serialize;
use strata_sources::Summary;

use crate::{Counts, Meter};

/// What a production did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// How it stood when the last record was acknowledged.
    pub counts: Counts,
    /// Why it ended.
    pub ended: Ended,
    /// Why records failed.
    pub refusals: Vec<Refusal>,
    /// What the source says of itself, if it was read to its end.
    pub summary: Option<Summary>,
}

impl Report {
    pub(crate) fn of(meter: &Meter, ended: Ended, summary: Option<Summary>) -> Self {
        Self { counts: meter.counts(), ended, refusals: meter.refusals(), summary }
    }
}

/// Why a production ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The source has no more.
    Source,
    /// As many as were wanted have gone.
    Count,
    /// It was told to stop.
    Stopped,
    /// The source is damaged, and this says where and how; what came before has gone.
    Damaged(String),
}

/// Records that are not in the log, or may not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Why.
    pub reason: String,
    /// How many.
    pub records: u64,
}
