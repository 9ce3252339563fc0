//! Patient: sex and year of birth. Names, addresses and whatever else points at a person are not read.

use std::collections::HashMap;

use serde_json::Value;
use strata_types::event::{Patient, Sex};
use strata_types::{Event, PatientId};

use super::elements::{event_id, text};
use super::{Conversion, NAME};

pub(super) fn convert(
    resource: &Value,
    patient_id: PatientId,
    patients: &mut HashMap<PatientId, Patient>,
    conversion: &mut Conversion,
) {
    let sex = text(resource, "gender").and_then(|gender| match gender {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        "other" => Some(Sex::Other),
        "unknown" => Some(Sex::Unknown),
        _ => None,
    });
    let born = text(resource, "birthDate").and_then(|date| date.get(..4)?.parse().ok());
    let known = patients.get(&patient_id);
    let patient = Patient {
        patient_id: patient_id.clone(),
        birth_year: born,
        age: None,
        sex,
        trial_site: None,
        trial_arm: None,
        care_unit: None,
        enrolled_at: None,
        admitted_at: known.and_then(|known| known.admitted_at),
        unit_admitted_at: None,
        height: None,
        weight: None,
        spo2_scale_2: None,
        comorbidities: Vec::new(),
        source: NAME.into(),
        event_id: event_id(resource, None),
    };
    patients.insert(patient_id, patient.clone());
    conversion.give(Event::Patient(patient), None);
}
