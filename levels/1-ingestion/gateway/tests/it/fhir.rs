//! FHIR takes the same way as everything else.

use serde_json::{Value, json};

use crate::door::{Door, JSON};

fn observation(code: &str, minute: u32) -> Value {
    json!({"resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/p1"}, "effectiveDateTime": format!("2026-03-01T11:{minute:02}:00Z"),
        "valueQuantity": {"value": 71, "unit": "/min"}})
}

#[test]
fn a_bundle_is_taken_entry_by_entry() {
    let door = Door::open();
    let single = door.post("/fhir", "application/fhir+json", observation("8867-4", 0).to_string());
    assert_eq!((single.status, single.counts()), (200, (1, 0, 0)));
    let entries: Vec<_> = [("8867-4", 0), ("9999-9", 1), ("8867-4", 2), ("8867-4", 99)]
        .map(|(code, minute)| json!({"resource": observation(code, minute)}))
        .into();
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
    let answer = door.post("/fhir", JSON, bundle.to_string());
    assert_eq!((answer.status, answer.counts()), (200, (1, 1, 2)));
    let rejected = &answer.json()["rejected"];
    assert_eq!((&rejected[0]["index"], &rejected[0]["rule"]), (&1.into(), &"not_convertible".into()));
    assert_eq!((&rejected[1]["index"], &rejected[1]["rule"]), (&3.into(), &"missing_field".into()));
    assert!(door.log.records()[0].2.contains("\"heart_rate\":71"));
    assert_eq!(door.audited()[1].what, "ingest fhir");
    assert_eq!(door.post("/fhir", JSON, "[]").status, 422);
    assert_eq!(door.post("/fhir", JSON, " ".repeat(3 << 20)).status, 413);
}
