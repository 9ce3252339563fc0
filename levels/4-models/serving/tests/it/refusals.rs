//! What is refused, and how that is said.

use serde_json::json;

use crate::client::send;
use crate::hospital::{Hospital, Record, at, patients, served};

/// Refused with this status and code, in the one form, without repeating more than the id.
#[track_caller]
fn check(hospital: &Hospital, body: &[u8], status: u16, error: &str) {
    let answer = hospital.post("/v1/predict", "application/json", body);
    assert_eq!(answer.status, status, "{answer:?}");
    let told = answer.json();
    assert_eq!(told["error"], error, "{told}");
    let keys: Vec<_> = told.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, ["error", "hint", "message"]);
    assert!(keys.iter().all(|key| told[key].as_str().is_some_and(|text| !text.is_empty())));
    assert!(!answer.body.contains("Jane"), "{answer:?}");
}

#[test]
fn each_mistake_has_its_error() {
    let hospital = Hospital::open();
    let now = "2026-03-01T12:00:00Z";
    check(&hospital, b"", 400, "invalid_json");
    check(&hospital, b"{\"patient_id\": \"p1\", ", 400, "invalid_json");
    check(&hospital, b"Jane Doe", 400, "invalid_json");
    check(&hospital, b"\xff\xfe", 400, "invalid_json");
    check(&hospital, b"[]", 422, "invalid_request");
    check(&hospital, b"{}", 422, "invalid_request");
    check(&hospital, br#"{"patient_id": {"name": "Jane"}, "timestamp": 1}"#, 422, "invalid_request");
    // Faults 42, 45: features are not taken from the caller, so they cannot be eleven of 264.
    let features = json!({"patient_id": "p1", "timestamp": now, "Jane": [1, 2]}).to_string();
    check(&hospital, features.as_bytes(), 422, "invalid_request");
    for (patient, time, status, error) in [
        ("Jane Doe", now, 422, "invalid_patient_id"),
        ("", now, 422, "invalid_patient_id"),
        ("p1", "Jane", 422, "invalid_timestamp"),
        ("p1", "2026-03-01", 422, "invalid_timestamp"),
        ("p1", "2026-03-01T12:05:01Z", 422, "timestamp_in_the_future"),
        ("p9", now, 404, "unknown_patient"),
    ] {
        let body = json!({"patient_id": patient, "timestamp": time}).to_string();
        check(&hospital, body.as_bytes(), status, error);
    }
    check(&hospital, &vec![b' '; 5000], 413, "too_large");
    assert_eq!(hospital.metric("strata_serving_requests_total{route=\"/v1/predict\",code=\"413\"}"), 1.0);
}

#[test]
fn what_is_no_json_by_its_type_is_refused() {
    let hospital = Hospital::open();
    let body = json!({"patient_id": "p1", "timestamp": at(0.0).to_string()}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "", "text/csv"]
    {
        let answer = hospital.post("/v1/predict", kind, &body);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (415, Some("unsupported_media_type")), "{kind}");
    }
    let answer = send(hospital.address, "POST /v1/predict", &[], body.as_bytes());
    assert_eq!(answer.status, 415);
}

#[test]
fn paths_and_methods_that_are_none_say_so() {
    let hospital = Hospital::open();
    assert_eq!(hospital.get("/nothing/p1").json()["error"], "not_found");
    let answer = hospital.get("/v1/predict");
    assert_eq!((answer.status, answer.json()["error"].as_str()), (405, Some("method_not_allowed")));
    assert_eq!(answer.header("allow"), Some("POST"));
    assert_eq!(hospital.post("/metrics", "application/json", "{}").header("allow"), Some("GET,HEAD"));
}

/// Fault 46: what breaks inside is an error, never a number; and it repeats nothing.
#[test]
fn what_breaks_inside_is_an_error_and_never_a_number() {
    for (record, status, error) in
        [(Record::Fails("the bed of {} is on fire"), 503, "record_unreadable"), (Record::Panics, 500, "internal")]
    {
        let hospital = Hospital::with(record, Some(served()));
        let answer = hospital.predict("p1", at(0.0));
        assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(error)));
        assert!(!answer.body.contains("probability") && !answer.body.contains("fire"), "{answer:?}");
        // It is still there afterwards.
        assert_eq!(hospital.get("/livez").status, 200);
    }
}

/// Faults 39, 46: without a model there is no answer, and the process lives on.
#[test]
fn without_a_model_there_is_no_answer() {
    let hospital = Hospital::with(patients(), None);
    let answer = hospital.predict("p1", at(0.0));
    assert_eq!((answer.status, answer.json()["error"].as_str()), (503, Some("no_model")));
    let answer = hospital.post("/invocations", "application/json", r#"{"instances": []}"#);
    assert_eq!((answer.status, answer.json()["error_code"].as_str()), (503, Some("TEMPORARILY_UNAVAILABLE")));
}

/// Whatever is sent, serving answers with a client's error and goes on.
#[test]
fn garbage_is_refused_whatever_it_is() {
    let hospital = Hospital::open();
    let good = json!({"patient_id": "p1", "timestamp": "2026-03-01T12:00:00Z"}).to_string().into_bytes();
    let mut state = 42_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    for round in 0..300 {
        let mut body = good.clone();
        for _ in 0..=random(6) {
            let (place, byte) = (random(body.len()), random(256) as u8);
            match random(3) {
                0 => body[place] = byte,
                1 => body.insert(place, byte),
                _ => body.truncate(place.max(1)),
            }
        }
        let (path, kind) = match round % 3 {
            0 => ("/v1/predict", "application/json"),
            1 => ("/invocations", "application/json"),
            _ => ("/invocations", "text/csv"),
        };
        let answer = hospital.post(path, kind, &body);
        let fine = (400..500).contains(&answer.status) || (answer.status == 200 && path == "/v1/predict");
        assert!(fine, "{answer:?} to {:?}", String::from_utf8_lossy(&body));
        assert!(answer.json().is_object());
    }
    let deep = [vec![b'['; 3000], vec![b']'; 3000]].concat();
    assert_eq!(hospital.post("/invocations", "application/json", deep).status, 400);
    assert_eq!(hospital.predict("p1", at(0.0)).status, 200);
}
