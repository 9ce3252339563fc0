//! The streams that bronze holds.

use std::fmt;
use std::str::FromStr;

/// A stream of records of one kind. Five carry events; `Labels` carries the outcomes that a
/// historical set brings with it, and is never an event nor a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Vital signs, one record a reading.
    Vitals,
    /// Doses and infusions.
    Medications,
    /// Laboratory results, one record a result.
    Labs,
    /// Adverse events.
    AdverseEvents,
    /// Who the patients are; the newest record of a patient counts.
    Patients,
    /// The prediction grid of a historical set: patient, time, label.
    Labels,
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Vitals, Self::Medications, Self::Labs, Self::AdverseEvents, Self::Patients, Self::Labels];

    /// The five that carry events, and so arrive live. Labels come with historical sets alone.
    pub const EVENTS: [Self; 5] = [Self::Vitals, Self::Medications, Self::Labs, Self::AdverseEvents, Self::Patients];

    /// The name on the log and in bronze.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vitals => "patient-vitals",
            Self::Medications => "medications",
            Self::Labs => "lab-results",
            Self::AdverseEvents => "adverse-events",
            Self::Patients => "patients",
            Self::Labels => "labels",
        }
    }

    /// The silver table that its records become.
    pub const fn table(self) -> &'static str {
        match self {
            Self::Vitals => "vitals",
            Self::Medications => "medications",
            Self::Labs => "labs",
            Self::AdverseEvents => "adverse_events",
            Self::Patients => "patients",
            Self::Labels => "labels",
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no topic")]
pub struct UnknownTopic(String);

impl FromStr for Topic {
    type Err = UnknownTopic;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|topic| topic.name() == text).ok_or_else(|| UnknownTopic(text.into()))
    }
}
