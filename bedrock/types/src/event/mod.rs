//! The five events and the labels of historical sets, as they stand on the log and in bronze.
//!
//! One JSON object a record. Unknown fields are carried in bronze and ignored here; a record that
//! lacks a required field, or whose field has the wrong type, is refused with its reason.

mod adverse_event;
mod lab_result;
mod label;
mod medication;
mod patient;
mod vitals;

pub use adverse_event::{AdverseEvent, Severity};
pub use lab_result::LabResult;
pub use label::Label;
pub use medication::Medication;
pub use patient::{Patient, Sex};
pub use vitals::{Consciousness, Vitals};

use crate::{PatientId, Timestamp, Topic};

/// One record of any topic.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A reading of vital signs.
    Vitals(Vitals),
    /// A dose or an infusion.
    Medication(Medication),
    /// A laboratory result.
    LabResult(LabResult),
    /// An adverse event.
    AdverseEvent(AdverseEvent),
    /// Who a patient is.
    Patient(Patient),
    /// An outcome of a historical set.
    Label(Label),
}

/// Why a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not one JSON object in UTF-8.
    #[error("not a JSON object: {0}")]
    Malformed(String),
    /// An object whose fields are missing or of the wrong kind.
    #[error("{0}")]
    Field(String),
}

impl Unreadable {
    /// The rule it broke, as quarantine names it.
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Field(_) => "missing_field",
        }
    }
}

impl Event {
    /// Reads one record of a topic.
    pub fn parse(topic: Topic, line: &[u8]) -> Result<Self, Unreadable> {
        fn read<T: serde::de::DeserializeOwned>(line: &[u8]) -> Result<T, Unreadable> {
            serde_json::from_slice(line).map_err(|error| {
                if error.is_data() {
                    Unreadable::Field(error.to_string())
                } else {
                    Unreadable::Malformed(error.to_string())
                }
            })
        }
        let event = match topic {
            Topic::Vitals => Self::Vitals(read(line)?),
            Topic::Medications => Self::Medication(read(line)?),
            Topic::Labs => Self::LabResult(read(line)?),
            Topic::AdverseEvents => Self::AdverseEvent(read(line)?),
            Topic::Patients => Self::Patient(read(line)?),
            Topic::Labels => Self::Label(read(line)?),
        };
        match &event {
            Self::Vitals(vitals) if vitals.is_empty() => Err(Unreadable::Field("no vital sign in the reading".into())),
            _ => Ok(event),
        }
    }

    /// Where it belongs.
    pub const fn topic(&self) -> Topic {
        match self {
            Self::Vitals(_) => Topic::Vitals,
            Self::Medication(_) => Topic::Medications,
            Self::LabResult(_) => Topic::Labs,
            Self::AdverseEvent(_) => Topic::AdverseEvents,
            Self::Patient(_) => Topic::Patients,
            Self::Label(_) => Topic::Labels,
        }
    }

    /// Appends it as one line of JSON, without the line break.
    pub fn write_json(&self, line: &mut Vec<u8>) {
        let written = match self {
            Self::Vitals(event) => serde_json::to_writer(line, event),
            Self::Medication(event) => serde_json::to_writer(line, event),
            Self::LabResult(event) => serde_json::to_writer(line, event),
            Self::AdverseEvent(event) => serde_json::to_writer(line, event),
            Self::Patient(event) => serde_json::to_writer(line, event),
            Self::Label(event) => serde_json::to_writer(line, event),
        };
        written.expect("events have text keys and memory takes every write");
    }

    /// It as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        let value = match self {
            Self::Vitals(event) => serde_json::to_value(event),
            Self::Medication(event) => serde_json::to_value(event),
            Self::LabResult(event) => serde_json::to_value(event),
            Self::AdverseEvent(event) => serde_json::to_value(event),
            Self::Patient(event) => serde_json::to_value(event),
            Self::Label(event) => serde_json::to_value(event),
        };
        value.expect("events have text keys")
    }

    /// Who it is about.
    pub fn patient_id(&self) -> &PatientId {
        match self {
            Self::Vitals(event) => &event.patient_id,
            Self::Medication(event) => &event.patient_id,
            Self::LabResult(event) => &event.patient_id,
            Self::AdverseEvent(event) => &event.patient_id,
            Self::Patient(event) => &event.patient_id,
            Self::Label(event) => &event.patient_id,
        }
    }

    /// When it happened; a patient's record has no such time.
    pub fn timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::Vitals(event) => Some(event.timestamp),
            Self::Medication(event) => Some(event.timestamp),
            Self::LabResult(event) => Some(event.timestamp),
            Self::AdverseEvent(event) => Some(event.event_timestamp),
            Self::Patient(_) => None,
            Self::Label(event) => Some(event.time),
        }
    }
}

/// The source of records whose sender names none.
fn unknown_source() -> String {
    "unknown".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let label =
            r#"{"patient_id":"p1","time":"2026-03-01T12:00:00Z","label":true,"horizon_hours":6.0,"source":"s"}"#;
        let vitals = r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","source":"m","heart_rate":80.0}"#;
        for (topic, line) in [(Topic::Labels, label), (Topic::Vitals, vitals)] {
            let event = Event::parse(topic, line.as_bytes()).unwrap();
            assert_eq!(event.topic(), topic);
            let mut written = b"before ".to_vec();
            event.write_json(&mut written);
            assert_eq!(written, format!("before {line}").into_bytes(), "it is appended");
            assert_eq!(event.to_json(), serde_json::from_str::<serde_json::Value>(line).unwrap());
        }
    }

    fn rule(topic: Topic, line: &str) -> Result<(), &'static str> {
        Event::parse(topic, line.as_bytes()).map(|_| ()).map_err(|error| error.rule())
    }

    /// Fault 17: schemas existed as files, but nothing was validated against them.
    #[test]
    fn records_are_validated() {
        let good = r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","source":"m","heart_rate":80}"#;
        assert_eq!(rule(Topic::Vitals, good), Ok(()));
        let cases = [
            (r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","heart_ra"#, "malformed"),
            ("", "malformed"),
            (r#"{"patient_id":"p1","timestamp":,"heart_rate":80}"#, "malformed"),
            (r#"{"timestamp":"2026-03-01T12:00:00Z","heart_rate":80}"#, "missing_field"),
            (r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z"}"#, "missing_field"),
            (r#"{"patient_id":"Jane Doe","timestamp":"2026-03-01T12:00:00Z","heart_rate":80}"#, "missing_field"),
            (r#"{"patient_id":"p1","timestamp":"noon","heart_rate":80}"#, "missing_field"),
            (r#"{"patient_id":"p1","timestamp":"2026-03-01T12:00:00Z","heart_rate":"fast"}"#, "missing_field"),
        ];
        for (line, expected) in cases {
            assert_eq!(rule(Topic::Vitals, line), Err(expected), "{line}");
        }
    }
}
