//! FHIR R4: resources as events, for files (NDJSON of Bulk Data, Bundles) and for whoever has a resource.
//!
//! The conversion is pure: [`events`] takes a resource or a Bundle and gives what it says as events, and
//! what it says that is none, with the reason. What was not done or entered in error never becomes a
//! value or a dose. Values keep their units, as far as the event can say them.
//!
//! Vitals of FHIR come one observation at a time, in any batching, while readings are known by patient,
//! time and source. So a reading's source names the observation's code (`fhir/8867-4`): what arrives
//! apart does not overwrite each other, and any batching gives the same readings.

use std::collections::HashMap;

use serde_json::Value;
use strata_types::event::Patient;
use strata_types::{Event, PatientId, Timestamp};

mod adverse_event;
mod elements;
mod encounter;
mod files;
mod medication;
mod observation;
mod patient;
#[cfg(test)]
mod tests;

pub(crate) use files::open;

/// The source's name on the command line, and what every record's `source` starts with.
pub(crate) const NAME: &str = "fhir";

/// What a resource became.
#[derive(Debug, Default)]
pub struct Conversion {
    /// Its events, in the order of the resource.
    pub events: Vec<Known>,
    /// What it says that is no event.
    pub skipped: Vec<Skipped>,
}

/// An event, and since when it was known.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The event.
    pub event: Event,
    /// When it was issued or recorded, if the resource says so.
    pub known_at: Option<Timestamp>,
}

/// A resource, or a part of one, that is no event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// What it is: the kind of resource and its code, without anything about a patient.
    pub what: String,
    /// Why it is no event, and what would be.
    pub reason: String,
    /// Whether the sender did something wrong.
    pub fault: Fault,
}

/// Whether a sender did something wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No: it is only of no use here, or was not done.
    None,
    /// Yes: the resource is not as FHIR or its code wants it.
    Invalid,
}

/// Why a reference to a patient cannot be a pseudonym.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotIdentified(pub String);

/// The events of a resource or a Bundle, whose patient ids are pseudonyms already.
pub fn events(resource: &Value) -> Conversion {
    Converter::default().events(resource)
}

/// Converts resources that belong together: an Encounter needs its Patient, in the same Bundle or before.
#[derive(Debug)]
pub struct Converter<I = fn(&str) -> Result<PatientId, NotIdentified>> {
    identify: I,
    patients: HashMap<PatientId, Patient>,
}

impl Default for Converter {
    fn default() -> Self {
        Self::identifying(|id| {
            id.parse().map_err(|error: strata_types::InvalidPatientId| NotIdentified(error.to_string()))
        })
    }
}

impl<I: Fn(&str) -> Result<PatientId, NotIdentified>> Converter<I> {
    /// A converter that makes pseudonyms of the logical ids of Patient resources by this function.
    pub fn identifying(identify: I) -> Self {
        Self { identify, patients: HashMap::new() }
    }

    /// The events of a resource, or of all resources of a Bundle: its Patients first.
    pub fn events(&mut self, resource: &Value) -> Conversion {
        let mut conversion = Conversion::default();
        if elements::kind(resource) == "Bundle" {
            let entries = elements::list(resource, "entry").iter().filter_map(|entry| entry.get("resource"));
            let (patients, others): (Vec<_>, Vec<_>) = entries.partition(|entry| elements::kind(entry) == "Patient");
            for resource in patients.into_iter().chain(others) {
                let Conversion { events, skipped } = self.events(resource);
                conversion.events.extend(events);
                conversion.skipped.extend(skipped);
            }
        } else {
            self.one(resource, &mut conversion);
        }
        conversion
    }

    fn one(&mut self, resource: &Value, conversion: &mut Conversion) {
        let kind = elements::kind(resource);
        let subject = match kind {
            "Patient" => Ok(resource.get("id").and_then(Value::as_str).unwrap_or_default()),
            "Observation" | "MedicationAdministration" | "AdverseEvent" | "Encounter" => elements::subject(resource),
            "" => return conversion.invalid("a value without resourceType", "no FHIR resource"),
            other => return conversion.skip(other, "this kind of resource is no event here"),
        };
        let identified = subject.and_then(|id| (self.identify)(id).map_err(|NotIdentified(reason)| reason));
        let patient_id = match identified {
            Ok(patient_id) => patient_id,
            Err(reason) => return conversion.invalid(kind, &format!("no patient: {reason}")),
        };
        match kind {
            "Patient" => patient::convert(resource, patient_id, &mut self.patients, conversion),
            "Encounter" => encounter::convert(resource, &patient_id, &mut self.patients, conversion),
            "Observation" => observation::convert(resource, &patient_id, conversion),
            "MedicationAdministration" => medication::convert(resource, patient_id, conversion),
            _ => adverse_event::convert(resource, patient_id, conversion),
        }
    }
}

impl Conversion {
    fn give(&mut self, event: Event, known_at: Option<Timestamp>) {
        self.events.push(Known { event, known_at });
    }

    fn skip(&mut self, what: &str, reason: &str) {
        self.skipped.push(Skipped { what: what.into(), reason: reason.into(), fault: Fault::None });
    }

    fn invalid(&mut self, what: &str, reason: &str) {
        self.skipped.push(Skipped { what: what.into(), reason: reason.into(), fault: Fault::Invalid });
    }
}
