//! What is refused, and how that is said.

use crate::client::{Answer, send};
use crate::door::{Door, JSON, LINES, VITALS, reading};

/// Faults 17, 26: each refused record is named, with the rule, the reason and what to do; the others are taken.
#[test]
fn each_refused_record_is_named() {
    let door = Door::open();
    let body = format!("{}\n{{\"event_id\":\"e2\"}}\n\nnonsense\n{}\n", reading("p1", 1), reading("p1", 2));
    let answer = door.post(VITALS, LINES, body);
    assert_eq!((answer.status, answer.counts()), (200, (2, 0, 2)));
    let rejected = &answer.json()["rejected"];
    assert_eq!((&rejected[0]["line"], &rejected[0]["rule"]), (&2.into(), &"missing_field".into()));
    assert_eq!((&rejected[0]["event_id"], &rejected[1]["line"]), (&"e2".into(), &4.into()));
    assert!(rejected[0]["reason"].as_str().unwrap().contains("patient_id"));
    assert!(rejected[0]["hint"].as_str().unwrap().contains("/v1/schemas/patient-vitals"));
    assert!(rejected[0].get("index").is_none());
    let array = door.post(VITALS, JSON, format!("[{}, 1]", reading("p1", 3)));
    assert_eq!((array.status, &array.json()["rejected"][0]["index"]), (200, &1.into()));
    assert_eq!(door.log.records().len(), 3);
}

#[test]
fn when_all_are_refused_the_status_says_so() {
    let door = Door::open();
    for (content_type, body) in [(JSON, "{}"), (JSON, ""), (JSON, "[1,2"), (JSON, "[]]"), (LINES, "x"), (JSON, "null")]
    {
        let answer = door.post(VITALS, content_type, body);
        assert_eq!(answer.status, 422, "{body:?}: {answer:?}");
        assert!(answer.counts().2 > 0);
    }
}

#[track_caller]
fn check(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let told = answer.json();
    assert_eq!(told["error"], error, "{told}");
    assert!(["message", "hint"].iter().all(|key| told[key].as_str().is_some_and(|text| !text.is_empty())));
}

#[test]
fn each_mistake_has_its_status() {
    let door = Door::with(|config| config.max_body_bytes = 10_000);
    let reading = reading("p1", 1);
    let unknown = door.post("/v1/events/patient_vital", JSON, &reading);
    check(&unknown, 404, "unknown_topic");
    assert!(unknown.json()["hint"].as_str().unwrap().contains("did you mean `patient-vitals`?"));
    check(&door.post("/v1/events/labels", JSON, "{}"), 404, "unknown_topic");
    check(&door.post("/v1/events/%FF", JSON, "{}"), 404, "unknown_topic");
    check(&door.post("/v1/validate", JSON, &reading), 404, "unknown_topic");
    check(&door.post(VITALS, "text/plain", &reading), 415, "unsupported_media_type");
    check(&send(door.address, &format!("POST {VITALS}"), &[], reading.as_bytes()), 415, "unsupported_media_type");
    let packed = [("content-type", JSON), ("content-encoding", "br")];
    check(&send(door.address, &format!("POST {VITALS}"), &packed, b"x"), 415, "unsupported_encoding");
    let gzip = [("content-type", JSON), ("content-encoding", "gzip")];
    check(&send(door.address, &format!("POST {VITALS}"), &gzip, b"not gzip"), 400, "undecodable");
    check(&door.post(VITALS, LINES, "x".repeat(10_001)), 413, "too_large");
    check(&door.post("/fhir", JSON, "{"), 400, "invalid_json");
    check(&door.post("/fhir", LINES, "{}"), 415, "unsupported_media_type");
    check(&door.get("/nothing"), 404, "not_found");
    check(&door.get(VITALS), 405, "method_not_allowed");
    assert!(door.log.records().is_empty());
}

/// A kilobyte that unpacks to a gigabyte is refused at the limit, and costs a buffer.
#[test]
fn what_unpacks_to_too_much_is_refused() {
    let door = Door::with(|config| config.max_body_bytes = 5_000_000);
    let bomb = zstd::encode_all(std::io::repeat(b'\n').take_at_most(1 << 28), 19).unwrap();
    assert!(bomb.len() < 100_000);
    let headers = [("content-type", LINES), ("content-encoding", "zstd")];
    check(&send(door.address, &format!("POST {VITALS}"), &headers, &bomb), 413, "too_large");
    let long = format!("{{\"patient_id\":\"{}\"}}", "x".repeat(1_000_000));
    let answer = door.post(VITALS, LINES, format!("{long}\n{}\n", reading("p1", 1)));
    assert_eq!((answer.status, answer.counts()), (200, (1, 0, 1)));
    assert_eq!(answer.json()["rejected"][0]["rule"], "too_large");
}

trait TakeAtMost: std::io::Read + Sized {
    fn take_at_most(self, bytes: u64) -> std::io::Take<Self> {
        self.take(bytes)
    }
}
impl TakeAtMost for std::io::Repeat {}

/// The list of refusals does not grow with what is sent; the count does.
#[test]
fn the_list_of_refusals_is_bounded() {
    let door = Door::open();
    let answer = door.post(VITALS, LINES, "x\n".repeat(50_000));
    assert_eq!((answer.status, answer.counts()), (422, (0, 0, 50_000)));
    assert_eq!(answer.json()["rejected"].as_array().unwrap().len(), 1000);
    assert_eq!(
        door.metric("strata_gateway_events_rejected_total{topic=\"patient-vitals\",rule=\"malformed\"}"),
        Some(50_000.0)
    );
}
