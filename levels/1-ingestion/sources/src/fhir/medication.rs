//! `MedicationAdministration`: a dose, or an infusion with its rate and its end.

use serde_json::Value;
use strata_types::event::Medication;
use strata_types::{Event, PatientId};

use super::elements::{self, ATC, RXNORM, codes, event_id, name, quantity};
use super::{Conversion, NAME};

const WHAT: &str = "MedicationAdministration";

pub(super) fn convert(resource: &Value, patient_id: PatientId, conversion: &mut Conversion) {
    let status = elements::text(resource, "status");
    if let Some(reason) = elements::nothing_in(status) {
        return conversion.skip(WHAT, &reason);
    }
    let Some(timestamp) = elements::start(resource, "effective") else {
        return conversion.invalid(WHAT, "no time: effectiveDateTime or effectivePeriod.start is missing");
    };
    let contained = contained(resource);
    let concept = resource.get("medicationCodeableConcept").or_else(|| contained?.get("code")).unwrap_or(&Value::Null);
    let reference = resource.get("medicationReference").and_then(|reference| elements::text(reference, "display"));
    let Some(drug_name) = name(concept).or(reference) else {
        return conversion
            .invalid(WHAT, "no drug: neither medicationCodeableConcept nor a contained or named Medication");
    };
    let dosage = resource.get("dosage").unwrap_or(&Value::Null);
    let rate = rate(dosage);
    // An infusion may say its rate alone; then that is how much was given, in its own unit.
    let dose = dosage.get("dose").and_then(quantity).map(|(dose, unit)| (dose, unit.map(Into::into)));
    let Some((dose, unit)) = dose.or_else(|| rate.clone()) else {
        return conversion.skip(WHAT, "neither a dose nor a rate is written");
    };
    let end = resource.get("effectivePeriod").and_then(|period| elements::time(period, "end"));
    let dose = Medication {
        patient_id,
        timestamp,
        drug_name: drug_name.into(),
        dosage: dose,
        unit: unit.unwrap_or_else(|| "unknown".into()),
        route: dosage.get("route").and_then(name).unwrap_or("unknown").into(),
        frequency: None,
        rate: rate.as_ref().map(|(rate, _)| *rate),
        rate_unit: rate.and_then(|(_, unit)| unit),
        end_timestamp: end,
        status: status.map(Into::into),
        rxnorm: codes(concept, RXNORM).next().map(Into::into),
        atc: codes(concept, ATC).next().map(Into::into),
        administered_by: None,
        trial_site: None,
        trial_arm: None,
        source: NAME.into(),
        event_id: event_id(resource, None),
    };
    conversion.give(Event::Medication(dose), None);
}

/// The Medication that the resource carries within itself and refers to.
fn contained(resource: &Value) -> Option<&Value> {
    let reference = elements::text(resource.get("medicationReference")?, "reference")?.strip_prefix('#')?;
    elements::list(resource, "contained").iter().find(|contained| elements::text(contained, "id") == Some(reference))
}

/// The rate: a quantity, or a ratio of two, whose unit is then the ratio of theirs.
fn rate(dosage: &Value) -> Option<(f64, Option<String>)> {
    if let Some((rate, unit)) = dosage.get("rateQuantity").and_then(quantity) {
        return Some((rate, unit.map(Into::into)));
    }
    let ratio = dosage.get("rateRatio")?;
    let ((above, of), (below, per)) = (quantity(ratio.get("numerator")?)?, quantity(ratio.get("denominator")?)?);
    (below > 0.0).then(|| (above / below, of.zip(per).map(|(of, per)| format!("{of}/{per}"))))
}
