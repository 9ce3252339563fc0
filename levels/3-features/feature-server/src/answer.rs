//! The answer to "what are these patients' features": pure.

use strata_features::{FEATURE_COUNT, Vector, compute};
use strata_online_store::Seen;
use strata_types::Timestamp;

use crate::MaxAges;
use crate::freshness::Freshness;

/// How a value stands, in Feast's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    /// It is there.
    Present,
    /// It cannot be computed from the record.
    NullValue,
    /// Nobody has heard of the patient.
    NotFound,
    /// What it is made of is too old, so it is not given.
    OutsideMaxAge,
}

impl Status {
    pub(crate) const ALL: [Self; 4] = [Self::Present, Self::NullValue, Self::NotFound, Self::OutsideMaxAge];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Present => "PRESENT",
            Self::NullValue => "NULL_VALUE",
            Self::NotFound => "NOT_FOUND",
            Self::OutsideMaxAge => "OUTSIDE_MAX_AGE",
        }
    }
}

/// One patient's features as of a time.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// As of when.
    pub(crate) t: Timestamp,
    vector: Vector,
    known: Option<(Freshness, MaxAges)>,
}

/// One feature of a patient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Value {
    /// `None` unless it is present.
    pub(crate) given: Option<f32>,
    pub(crate) status: Status,
    /// When the newest event of its sources happened.
    pub(crate) time: Option<Timestamp>,
}

/// The store has let go of what a vector as of then takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooEarly {
    pub(crate) since: Timestamp,
}

impl Answer {
    /// As of `as_of`; without it as of now, or of the first moment for which the store still answers, should a sender's
    /// clock be ahead of ours.
    pub(crate) fn of(
        seen: Option<&Seen>,
        now: Timestamp,
        as_of: Option<Timestamp>,
        max_ages: &MaxAges,
    ) -> Result<Self, TooEarly> {
        let Some(seen) = seen else {
            return Ok(Self { t: as_of.unwrap_or(now), vector: [f32::NAN; FEATURE_COUNT], known: None });
        };
        let since = seen.since.unwrap_or(Timestamp(i64::MIN));
        let t = as_of.unwrap_or(now.max(since));
        if t < since {
            return Err(TooEarly { since });
        }
        let vector = compute(&seen.timeline, t);
        Ok(Self { t, vector, known: Some((Freshness::of(&seen.timeline, t), *max_ages)) })
    }

    /// A feature by its place.
    pub(crate) fn value(&self, place: usize) -> Value {
        let Some((freshness, max_ages)) = &self.known else {
            return Value { given: None, status: Status::NotFound, time: None };
        };
        let time = freshness.of_feature(place);
        let value = Some(self.vector[place]).filter(|value| !value.is_nan());
        let old = Freshness::ages(place)
            && time.zip(max_ages.of_feature(place)).is_some_and(|(time, age)| time <= self.t - age);
        match value {
            Some(_) if old && !is_count(place) => Value { given: None, status: Status::OutsideMaxAge, time },
            Some(_) => Value { given: value, status: Status::Present, time },
            None => Value { given: None, status: Status::NullValue, time },
        }
    }
}

/// Whether the absence of events is the feature's very value: a count of nothing is 0, and is true now.
fn is_count(place: usize) -> bool {
    strata_features::FEATURES[place].unit == "{count}" || COUNTS.contains(&strata_features::FEATURES[place].name)
}

const COUNTS: [&str; 4] = ["vitals_missing_24h", "vasopressor_active", "norepi_equivalent", "antibiotic_24h"];
