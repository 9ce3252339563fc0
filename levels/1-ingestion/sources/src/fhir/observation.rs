//! Observation: vital signs, blood pressure panels and laboratory results, by their LOINC codes.

use serde_json::Value;
use strata_types::event::{LabResult, Vitals};
use strata_types::unit::{to_canonical, ucum};
use strata_types::{Event, Group, PatientId, Timestamp, Variable};

use super::elements::{self, LOINC, codes, event_id, quantity};
use super::{Conversion, NAME};

/// What the values of one resource share.
struct Shared<'a> {
    resource: &'a Value,
    patient_id: &'a PatientId,
    time: Timestamp,
    known_at: Option<Timestamp>,
}

pub(super) fn convert(resource: &Value, patient_id: &PatientId, conversion: &mut Conversion) {
    let concept = resource.get("code").unwrap_or(&Value::Null);
    let what = what(concept);
    if let Some(reason) = elements::nothing_in(elements::text(resource, "status")) {
        return conversion.skip(&what, &reason);
    }
    let known_at = elements::time(resource, "issued");
    let Some(time) = elements::start(resource, "effective").or(known_at) else {
        return conversion.invalid(&what, "no time: effectiveDateTime (a day or an instant) is missing");
    };
    let shared = Shared { resource, patient_id, time, known_at };
    let components = elements::list(resource, "component");
    let panel = codes(concept, LOINC).next();
    let mut reading = None;
    if components.is_empty() || resource.get("valueQuantity").is_some() {
        shared.one(resource, concept, None, &mut reading, conversion);
    }
    for component in components {
        let concept = component.get("code").unwrap_or(&Value::Null);
        shared.one(component, concept, panel, &mut reading, conversion);
    }
    if let Some(reading) = reading {
        conversion.give(Event::Vitals(reading), known_at);
    }
}

impl Shared<'_> {
    /// One value: of the resource itself, or of a component of a panel.
    fn one(
        &self,
        holder: &Value,
        concept: &Value,
        panel: Option<&str>,
        reading: &mut Option<Vitals>,
        conversion: &mut Conversion,
    ) {
        let what = what(concept);
        let found = codes(concept, LOINC).find_map(|code| Some((code, Variable::by_loinc(code)?)));
        let Some((code, variable)) = found else {
            return conversion.skip(&what, "no variable has this code");
        };
        let Some(value) = holder.get("valueQuantity") else {
            let integer = holder.get("valueInteger").and_then(Value::as_f64);
            return match integer.filter(|_| variable.ucum == "{score}") {
                Some(score) => self.vital(variable, code, panel, score, reading),
                None => conversion.skip(&what, "no quantity: a word, or nothing was measured"),
            };
        };
        if elements::text(value, "comparator").is_some() {
            return conversion.skip(&what, "only a bound is known, not a value");
        }
        let Some((number, unit)) = quantity(value) else {
            return conversion.invalid(&what, "the quantity has no number");
        };
        match (variable.group, variable.event_field) {
            (Group::Lab, _) => {
                let unit = unit.unwrap_or_default().to_owned();
                conversion.give(self.lab(holder, concept, code, number, unit), self.known_at);
            }
            (_, Some("weight" | "height")) => {
                conversion
                    .skip(&what, "height and weight are taken from the patient's record, which FHIR does not have");
            }
            (_, Some("temperature")) => {
                let Some(unit) = unit.map(ucum).filter(|unit| to_canonical(variable, number, unit).is_some()) else {
                    return conversion.invalid(&what, "its unit must be Cel or [degF]");
                };
                self.vital(variable, code, panel, number, reading);
                if let Some(reading) = reading {
                    reading.temperature_unit = Some(unit.into());
                }
            }
            _ => match canonical(variable, number, unit) {
                Some(number) => self.vital(variable, code, panel, number, reading),
                None => conversion.invalid(&what, &format!("its unit must be {}", variable.ucum)),
            },
        }
    }

    fn vital(&self, variable: &Variable, code: &str, panel: Option<&str>, number: f64, reading: &mut Option<Vitals>) {
        let source = format!("{NAME}/{}", panel.unwrap_or(code));
        let reading = reading.get_or_insert_with(|| Vitals {
            event_id: event_id(self.resource, None),
            ..Vitals::at(self.patient_id.clone(), self.time, &source)
        });
        for (field, value) in reading.readings_mut() {
            if variable.event_field == Some(field) {
                *value = Some(number);
            }
        }
    }

    fn lab(&self, holder: &Value, concept: &Value, code: &str, value: f64, unit: String) -> Event {
        let is_component = !std::ptr::eq(holder, self.resource);
        let range = elements::list(holder, "referenceRange").first();
        let bound = |key| range.and_then(|range| quantity(range.get(key)?)).map(|(value, _)| value);
        let specimen = self.resource.get("specimen").and_then(|specimen| elements::text(specimen, "reference"));
        Event::LabResult(LabResult {
            patient_id: self.patient_id.clone(),
            timestamp: self.time,
            test_name: elements::name(concept).unwrap_or(code).into(),
            value,
            unit,
            source: NAME.into(),
            loinc: Some(code.into()),
            lab_id: specimen.map(Into::into),
            reference_range: bound("low").zip(bound("high")).map(|(low, high)| format!("{low}-{high}")),
            performing_lab: None,
            trial_site: None,
            event_id: event_id(self.resource, is_component.then_some(code)),
        })
    }
}

/// The value in the unit of the event's field; a score needs no unit.
fn canonical(variable: &Variable, number: f64, unit: Option<&str>) -> Option<f64> {
    if variable.ucum == "{score}" { Some(number) } else { to_canonical(variable, number, unit?) }
}

/// How the summary calls an observation: by its code, without anything about the patient.
fn what(concept: &Value) -> String {
    let code = codes(concept, LOINC).next().unwrap_or("without a LOINC code");
    let display = elements::list(concept, "coding").iter().find_map(|coding| elements::text(coding, "display"));
    display.map_or_else(|| format!("Observation {code}"), |display| format!("Observation {code} {display}"))
}
