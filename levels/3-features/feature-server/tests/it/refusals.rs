//! What is refused, and how it is said.

use serde_json::{Value, json};
use strata_feature_server::{Config, MaxAges};

use crate::ward::Ward;

#[test]
fn a_question_that_makes_no_sense_is_told_what_is_wrong() {
    let ward = Ward::open(&[]);
    let of = |features: Value, entities: Value| json!({"features": features, "entities": entities});
    let p1 = || json!({"patient_id": ["p1"]});
    let cases = [
        (of(json!(["hr_lst"]), p1()), "unknown_feature"),
        (of(json!(["driver:hr_last"]), p1()), "unknown_view"),
        (of(json!([]), p1()), "no_features"),
        (json!({"feature_service": "driver_activity", "entities": p1()}), "unknown_feature_service"),
        (json!({"entities": p1()}), "no_features"),
        (of(json!(["hr_last"]), json!({"driver_id": ["p1"]})), "unknown_entity"),
        (of(json!(["hr_last"]), json!({})), "unknown_entity"),
        (of(json!(["hr_last"]), json!({"patient_id": ["Jane Doe"]})), "invalid_patient_id"),
        (of(json!(["hr_last"]), json!({"patient_id": []})), "too_many"),
        (of(json!(["hr_last"]), json!({"patient_id": vec!["p"; 1_001]})), "too_many"),
        (of(json!("hr_last"), p1()), "invalid_request"),
        (json!({"features": ["hr_last"], "entities": p1(), "as_of": "noon"}), "invalid_timestamp"),
    ];
    for (body, error) in cases {
        let answer = ward.ask(&body);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (422, Some(error)), "{body}: {answer:?}");
        assert!(!answer.json()["hint"].as_str().unwrap().is_empty());
    }
    let nearest = ward.ask(&of(json!(["hr_lst"]), p1())).json();
    assert!(nearest["hint"].as_str().unwrap().contains("`hr_last`"), "{nearest}");
    assert_eq!(ward.get("/get-online-features?patient_id=p1").json()["error"], "no_features");
    assert_eq!(ward.get("/get-online-features").json()["error"], "invalid_request");
    assert_eq!(ward.get("/features/Jane%20Doe").json()["error"], "invalid_patient_id");
}

/// Fault 44: no other origin is granted anything, and only the loopback's names are answered.
#[test]
fn pages_elsewhere_get_nothing() {
    let ward = Ward::open(&[]);
    let body = json!({"features": ["hr_last"], "entities": {"patient_id": ["p1"]}}).to_string();
    let json = ("content-type", "application/json");
    let foreign = ward.send("POST /get-online-features", &[json, ("host", "evil.example")], &body);
    assert_eq!((foreign.status, foreign.json()["error"].as_str()), (421, Some("foreign_host")));
    let form = ward.send("POST /get-online-features", &[("content-type", "text/plain")], &body);
    assert_eq!(form.status, 415);
    let malformed = ward.send("POST /get-online-features", &[json], "{\"features\": [\"p1-secret");
    assert_eq!(malformed.status, 400);
    assert!(!malformed.body.contains("secret"), "what was sent is not repeated");
    let answer = ward.send("POST /get-online-features", &[json, ("origin", "http://evil.example")], &body);
    assert!(!answer.head.contains("access-control-allow"), "{}", answer.head);
    for header in ["cache-control: no-store", "x-content-type-options: nosniff", "x-request-id: "] {
        assert!(answer.head.contains(header), "{header}: {}", answer.head);
    }
    assert_eq!(ward.send("DELETE /get-online-features", &[], "").status, 405);
    let large = ward.send("POST /get-online-features", &[json], &"x".repeat(300 * 1024));
    assert_eq!(large.status, 413);
}

#[test]
fn it_listens_where_nobody_else_reaches_it() {
    let ward = Ward::open(&[]);
    let config = Config { host: "0.0.0.0".parse().unwrap(), port: 0, max_ages: MaxAges::default() };
    let parts = strata_feature_server::Parts {
        store: ward.store.clone(),
        ready: std::sync::Arc::new(ward.step.clone()),
        clock: std::sync::Arc::new(strata_runtime::clock::System),
    };
    let error = strata_feature_server::build(&config, parts).unwrap_err().to_string();
    assert!(error.contains("0.0.0.0") && error.contains("loopback"), "{error}");
}
