//! The records as FHIR R4 `AuditEvent`.

use std::process::Command;

use serde_json::Value;
use strata_audit::{Action, Agent, AgentKind, Entity, Entry, Filter, Outcome, audit_event, read};

use crate::desk::{Desk, entry};

fn events() -> Vec<Value> {
    let desk = Desk::with(3);
    let audit = desk.open();
    audit.record(entry("train").failed(Outcome::MajorFailure, "the disk is full")).unwrap();
    let all_kinds = Entry::new(Agent::new(AgentKind::Service, "serving"), "serve", Action::Execute)
        .on(Entity::data_folder("/data"))
        .on(Entity::topic("patient-vitals"))
        .on(Entity::run("run-1"))
        .on(Entity::service("gateway"));
    audit.record(all_kinds).unwrap();
    for action in [Action::Read, Action::Update, Action::Delete] {
        audit.record(Entry::new(Agent::new(AgentKind::Anonymous, ""), "ingest events", action)).unwrap();
    }
    read(&desk.path(), Filter::default()).unwrap().map(|record| audit_event(&record.unwrap())).collect()
}

/// The elements that R4 requires, and the codes that it binds.
#[test]
fn what_r4_requires_is_there() {
    for event in events() {
        assert_eq!(event["resourceType"], "AuditEvent");
        for required in ["/type/system", "/type/code", "/recorded", "/source/observer/display", "/agent/0/name"] {
            assert!(event.pointer(required).is_some_and(Value::is_string), "{required} of {event}");
        }
        assert!(event["agent"][0]["requestor"].is_boolean());
        assert!(["C", "R", "U", "D", "E"].contains(&event["action"].as_str().unwrap()));
        assert!(["0", "4", "8", "12"].contains(&event["outcome"].as_str().unwrap()));
        for entity in event["entity"].as_array().into_iter().flatten() {
            // sev-1: either a name or a query, not both.
            assert!(entity.get("query").is_none());
            for detail in entity["detail"].as_array().into_iter().flatten() {
                assert!(detail["type"].is_string() && detail["valueString"].is_string());
            }
        }
    }
    let patient = &events()[0]["entity"][0];
    assert_eq!((&patient["what"]["reference"], &patient["type"]["code"]), (&"Patient/p000001".into(), &"1".into()));
}

/// The R4 models of another implementation take every one of them, strictly.
#[test]
fn a_foreign_r4_library_takes_them() {
    let Some(python) = strata_testkit::python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    std::fs::write(&file, events().iter().map(|event| event.to_string() + "\n").collect::<String>()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/python/check_audit.py");
    let output = Command::new(python).arg(script).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
