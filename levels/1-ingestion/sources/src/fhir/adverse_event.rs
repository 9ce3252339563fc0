//! `AdverseEvent`: what happened, how severe it was, and when it was reported.

use serde_json::Value;
use strata_types::event::{AdverseEvent, Severity};
use strata_types::{Event, PatientId};

use super::elements::{self, event_id, list, name, text};
use super::{Conversion, NAME};

const WHAT: &str = "AdverseEvent";

pub(super) fn convert(resource: &Value, patient_id: PatientId, conversion: &mut Conversion) {
    if let Some(reason) = elements::nothing_in(text(resource, "status")) {
        return conversion.skip(WHAT, &reason);
    }
    if text(resource, "actuality") == Some("potential") {
        return conversion.skip(WHAT, "it is only potential: nothing happened");
    }
    let at = |key| elements::time(resource, key);
    let Some(onset) = at("date").or_else(|| at("detected")).or_else(|| at("recordedDate")) else {
        return conversion.invalid(WHAT, "no time: date, detected or recordedDate is missing");
    };
    let Some(event_type) = resource.get("event").and_then(name) else {
        return conversion.invalid(WHAT, "`event` is missing: what happened");
    };
    let Some(severity) = severity(resource) else {
        return conversion.invalid(WHAT, "no severity: severity (mild, moderate, severe, or a CTCAE grade) is missing");
    };
    let reported = at("recordedDate").or_else(|| at("detected")).map_or(onset, |reported| reported.max(onset));
    let recorder = resource.get("recorder").and_then(|recorder| text(recorder, "reference"));
    let event = AdverseEvent {
        patient_id,
        event_timestamp: onset,
        event_type: event_type.to_lowercase().replace(' ', "_"),
        severity,
        // Who reported is a person: the kind of reporter is enough.
        reported_by: recorder.and_then(|recorder| recorder.split('/').next()).unwrap_or("unknown").into(),
        report_timestamp: reported,
        resolved_timestamp: None,
        description: None,
        trial_site: None,
        trial_arm: None,
        source: NAME.into(),
        event_id: event_id(resource, None),
    };
    conversion.give(Event::AdverseEvent(event), Some(reported));
}

/// A fatal outcome is grade 5; else the CTCAE grade that the severity says, or the grade of its word.
fn severity(resource: &Value) -> Option<Severity> {
    let codes = |key: &str| -> Vec<String> {
        let concept = resource.get(key).unwrap_or(&Value::Null);
        let codings = list(concept, "coding").iter().filter_map(|coding| text(coding, "code"));
        codings.chain(text(concept, "text")).map(str::to_lowercase).collect()
    };
    if codes("outcome").iter().any(|code| code == "fatal") {
        return Some(Severity::Grade5);
    }
    codes("severity").iter().find_map(|code| {
        let grade = code.strip_prefix("grade").map_or(code.as_str(), |grade| grade.trim_start_matches(['_', '-', ' ']));
        match grade {
            "1" | "mild" => Some(Severity::Grade1),
            "2" | "moderate" => Some(Severity::Grade2),
            "3" | "severe" => Some(Severity::Grade3),
            "4" | "life-threatening" => Some(Severity::Grade4),
            "5" | "fatal" => Some(Severity::Grade5),
            _ => None,
        }
    })
}
