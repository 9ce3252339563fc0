//! A record as FHIR R4's `AuditEvent` (<https://hl7.org/fhir/R4/auditevent.html>).

use serde_json::{Map, Value, json};

use crate::{Action, AgentKind, Entity, EntityKind, Outcome, Record};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const SUBTYPES: &str = "urn:strata:audit:what";
const HASHES: &str = "urn:strata:audit:hash";

/// The record as a resource. Its id is its number; its hash is an extension, so that it can be found in the chain.
pub fn audit_event(record: &Record) -> Value {
    let mut event = json!({
        "resourceType": "AuditEvent",
        "id": format!("strata-{}", record.seq),
        "extension": [{"url": HASHES, "valueString": record.hash}],
        "type": event_type(record.action),
        "subtype": [{"system": SUBTYPES, "code": code(&record.what), "display": record.what}],
        "action": action(record.action),
        "recorded": record.at.to_string(),
        "outcome": outcome(record.outcome),
        "agent": [agent(record)],
        "source": {
            "observer": {"display": "Strata"},
            "type": [coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server")],
        },
    });
    let fields = event.as_object_mut().expect("an object was written above");
    if let Some(detail) = record.detail.as_ref().filter(|detail| !detail.trim().is_empty()) {
        fields.insert("outcomeDesc".into(), json!(detail));
    }
    let mut entities: Vec<Value> = record.on.iter().map(entity).collect();
    if !record.counts.is_empty() {
        let details = record.counts.iter().map(|(of, number)| json!({"type": of, "valueString": number.to_string()}));
        entities.push(json!({"name": "counts", "detail": details.collect::<Vec<_>>()}));
    }
    if !entities.is_empty() {
        fields.insert("entity".into(), entities.into());
    }
    event
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({"system": system, "code": code, "display": display})
}

fn event_type(action: Action) -> Value {
    match action {
        Action::Execute => coding(DICOM, "110100", "Application Activity"),
        Action::Read => coding(DICOM, "110112", "Query"),
        Action::Create => coding(DICOM, "110107", "Import"),
        Action::Update | Action::Delete => coding(DICOM, "110110", "Patient Record"),
    }
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "C",
        Action::Read => "R",
        Action::Update => "U",
        Action::Delete => "D",
        Action::Execute => "E",
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Success => "0",
        Outcome::MinorFailure => "4",
        Outcome::SeriousFailure => "8",
        Outcome::MajorFailure => "12",
    }
}

/// FHIR's `code` knows no blanks at its ends, and no two in a row.
fn code(what: &str) -> String {
    what.split_whitespace().collect::<Vec<_>>().join("-")
}

fn agent(record: &Record) -> Value {
    let kind = match record.who.kind {
        AgentKind::Person | AgentKind::Token | AgentKind::Anonymous => {
            coding("http://terminology.hl7.org/CodeSystem/extra-security-role-type", "humanuser", "human user")
        }
        AgentKind::Service => coding(DICOM, "110150", "Application"),
    };
    let name = if record.who.name.trim().is_empty() { "unknown" } else { &record.who.name };
    json!({
        "type": {"coding": [kind]},
        "altId": name,
        "name": name,
        "requestor": record.who.kind != AgentKind::Service,
    })
}

fn entity(entity: &Entity) -> Value {
    const TYPES: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
    const ROLES: &str = "http://terminology.hl7.org/CodeSystem/object-role";
    let mut told = Map::new();
    if entity.kind == EntityKind::Patient {
        told.insert("what".into(), json!({"reference": format!("Patient/{}", entity.id)}));
        told.insert("type".into(), coding(TYPES, "1", "Person"));
        told.insert("role".into(), coding(ROLES, "1", "Patient"));
    } else {
        let identifier = json!({"system": format!("urn:strata:{}", entity.kind.name()), "value": entity.id});
        told.insert("what".into(), json!({"identifier": identifier}));
        told.insert("type".into(), coding(TYPES, "2", "System Object"));
        told.insert("role".into(), coding(ROLES, "4", "Domain Resource"));
        told.insert("name".into(), json!(entity.kind.name()));
    }
    told.into()
}
