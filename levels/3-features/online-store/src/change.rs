//! What one record says of a patient, once the pure steps of the refinery are done with it.

use std::sync::Arc;

use strata_features::{AdverseEvent, Dose, Lab, PatientFacts, Vitals};
use strata_types::Timestamp;

/// A record's say in the contest of its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When it happened; of a patient's record it does not matter.
    pub time: Timestamp,
    /// The rest of its key in silver.
    pub name: Arc<str>,
    /// What decides among records of one key.
    pub rank: Rank,
    /// Its row.
    pub what: What,
}

/// A row of silver; `None` where the record was refused: it keeps its key all the same.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Who the patient is.
    Patient(Option<PatientFacts>),
    /// A reading.
    Vitals(Option<Vitals>),
    /// A result of this variable, an index into [`strata_types::VARIABLES`]; [`UNKNOWN`] of an unknown one, whose name
    /// is then part of the key.
    Lab(u8, Option<Lab>),
    /// A dose.
    Dose(Option<Dose>),
    /// An adverse event.
    AdverseEvent(Option<AdverseEvent>),
}

/// No variable.
pub(crate) const UNKNOWN: u8 = u8::MAX;

impl What {
    /// No variable of the table.
    pub const UNKNOWN: u8 = UNKNOWN;
}

/// What decides among records of one key: the greatest wins.
#[derive(Clone, Debug, PartialEq)]
pub struct Rank {
    /// When the first door of Strata took it in.
    pub ingested_at: Timestamp,
    /// What decides when that is equal. Let go after a while: only records that came in the same moment need it.
    pub tie: Option<Tie>,
}

/// What decides between records that were taken in at the same moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    /// The record's id.
    pub event_id: Box<str>,
    /// The first eight bytes of the SHA-256 of its bytes.
    pub record_hash: i64,
}
