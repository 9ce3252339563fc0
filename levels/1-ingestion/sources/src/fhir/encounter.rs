//! Encounter: when a patient was admitted. The patient's record is one, so it is given again, whole.

use std::collections::HashMap;

use serde_json::Value;
use strata_types::event::Patient;
use strata_types::{Event, PatientId};

use super::Conversion;
use super::elements::{event_id, nothing_in, text, time};

const WHAT: &str = "Encounter";

/// The classes of encounters (HL7 v3 `ActCode`) in which a patient stays.
const ADMISSIONS: [&str; 5] = ["IMP", "ACUTE", "NONAC", "OBSENC", "EMER"];

pub(super) fn convert(
    resource: &Value,
    patient_id: &PatientId,
    patients: &mut HashMap<PatientId, Patient>,
    conversion: &mut Conversion,
) {
    if let Some(reason) = nothing_in(text(resource, "status")) {
        return conversion.skip(WHAT, &reason);
    }
    let class = resource.get("class").and_then(|class| text(class, "code")).unwrap_or_default();
    if !ADMISSIONS.contains(&class) {
        return conversion.skip(WHAT, "its class is no admission");
    }
    let Some(admitted_at) = resource.get("period").and_then(|period| time(period, "start")) else {
        return conversion.invalid(WHAT, "no time: period.start is missing");
    };
    let Some(patient) = patients.get_mut(patient_id) else {
        return conversion
            .skip(WHAT, "its Patient was not seen: send both in one Bundle, or the Patient's file beside it");
    };
    if patient.admitted_at.is_some_and(|known| known >= admitted_at) {
        return conversion.skip(WHAT, "a later admission of the patient is known");
    }
    patient.admitted_at = Some(admitted_at);
    patient.event_id = event_id(resource, None);
    conversion.give(Event::Patient(patient.clone()), Some(admitted_at));
}
