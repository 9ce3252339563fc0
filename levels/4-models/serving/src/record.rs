//! Where patients' features come from: what serving asks of the record.

use std::error::Error;

use futures::future::BoxFuture;
use strata_features::{Timeline, Vector, compute};
use strata_types::{PatientId, Timestamp};

use crate::feature_time::feature_time;

/// Reads patients' features from the record. The caller of a prediction never sends them (fault 42).
pub trait Vectors: Send + Sync + 'static {
    /// The patient's features as of `t`; `None` for a patient of whom nobody has heard. A record that cannot be read is an
    /// error, never an empty one.
    fn vector<'a>(
        &'a self,
        patient: &'a PatientId,
        t: Timestamp,
    ) -> BoxFuture<'a, Result<Option<AsOf>, Box<dyn Error + Send + Sync>>>;
}

/// A patient's features as of a time.
#[derive(Clone, Debug)]
pub struct AsOf {
    /// The features.
    pub vector: Vector,
    /// The time of the newest event that was seen.
    pub newest: Option<Timestamp>,
    /// Which store they come from.
    pub store: Store,
}

/// Which store features come from. They differ in how new they are, and in nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// The recent timelines, a second behind the log.
    Online,
    /// Silver, which has every time.
    Silver,
}

impl AsOf {
    /// By the one function, from a timeline of this store.
    pub fn of(timeline: &Timeline, t: Timestamp, store: Store) -> Self {
        Self { vector: compute(timeline, t), newest: feature_time(timeline, t), store }
    }
}

impl Store {
    /// Its name on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Silver => "silver",
        }
    }
}
