//! Why a record may not enter.

use strata_types::Topic;

/// A record that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// Its line from 1, or its index from 0.
    pub(crate) place: u64,
    /// Its id, where it could be read.
    pub(crate) event_id: Option<String>,
    pub(crate) rule: Rule,
    /// What is wrong. It may repeat what was sent: it is told to the sender, and nowhere else.
    pub(crate) reason: String,
}

/// The rule that a record broke. The first two are called as quarantine calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    Malformed,
    MissingField,
    TooLarge,
    NotConvertible,
}

impl Rule {
    pub(crate) const ALL: [Self; 4] = [Self::Malformed, Self::MissingField, Self::TooLarge, Self::NotConvertible];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::MissingField => "missing_field",
            Self::TooLarge => "too_large",
            Self::NotConvertible => "not_convertible",
        }
    }

    pub(crate) fn hint(self, topic: Topic) -> String {
        match self {
            Self::Malformed => "send one JSON object in UTF-8 a record".into(),
            Self::MissingField => format!("GET /v1/schemas/{topic} says which fields there are"),
            Self::TooLarge => "send less in one record".into(),
            Self::NotConvertible => {
                "send Observation, MedicationAdministration, AdverseEvent or Patient, alone or in a Bundle".into()
            }
        }
    }
}
