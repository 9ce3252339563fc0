//! Lives, is ready, tells its numbers.

use serde_json::json;

use crate::hospital::{Hospital, Record, at, patients, served};

/// Faults 43, 59: liveness asks nobody; readiness really asks, and says what is wrong.
#[test]
fn a_dead_record_makes_it_unready_and_not_dead() {
    let hospital = Hospital::with(Record::Fails("disk gone"), Some(served()));
    let alive = hospital.get("/livez");
    assert_eq!((alive.status, alive.body.as_str()), (200, "ok"));
    let ready = hospital.get("/readyz?verbose");
    assert_eq!(ready.status, 503);
    let reason = "the record cannot be read: disk gone";
    let checks = json!([
        {"name": "model loaded", "ok": true},
        {"name": "record readable", "ok": false, "reason": reason},
    ]);
    assert_eq!(ready.json(), json!({"ready": false, "reasons": [reason], "checks": checks}));
}

/// Fault 39: without a model it lives, is not ready, and says why.
#[test]
fn without_a_model_it_is_not_ready_and_says_why() {
    let hospital = Hospital::with(patients(), None);
    assert_eq!(hospital.get("/livez").status, 200);
    let ready = hospital.get("/readyz");
    assert_eq!(ready.status, 503);
    let reason = "no model is loaded: train one with `strata train`";
    assert_eq!(ready.json(), json!({"ready": false, "reasons": [reason]}));
    for path in ["/ping", "/health"] {
        assert_eq!(hospital.get(path).status, 404, "{path}");
    }
}

#[test]
fn with_both_it_is_ready() {
    let hospital = Hospital::open();
    let ready = hospital.get("/readyz");
    assert_eq!((ready.status, ready.json()), (200, json!({"ready": true, "reasons": []})));
    for path in ["/ping", "/health"] {
        let answer = hospital.get(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, "\n"), "{path}");
    }
    assert_eq!(hospital.get("/version").body, env!("CARGO_PKG_VERSION"));
}

/// Faults 28, 43, 49: the names that alerts and dashboards use exist, from the start and at zero.
#[test]
fn every_metric_is_there_from_the_start() {
    let hospital = Hospital::open();
    let first = hospital.get("/metrics");
    let kind = first.header("content-type").unwrap();
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    assert!(first.body.ends_with("# EOF\n"));
    for level in ["low", "moderate", "high"] {
        assert_eq!(hospital.metric(&format!("strata_serving_predictions_total{{risk_level=\"{level}\"}}")), 0.0);
    }
    assert_eq!(hospital.metric("strata_serving_prediction_log_failures_total"), 0.0);
    assert!(hospital.metric("strata_process_resident_memory_bytes") > 1e6);
    let version = served().version;
    let info = format!("strata_serving_model_info{{name=\"network\",version=\"{version}\"}}");
    assert_eq!(hospital.metric(&info), 1.0);

    hospital.predict("p1", at(0.0));
    assert_eq!(hospital.metric("strata_serving_requests_total{route=\"/v1/predict\",code=\"200\"}"), 1.0);
    assert_eq!(hospital.metric("strata_serving_request_duration_seconds_count{route=\"/v1/predict\"}"), 1.0);
}

/// Labels are bounded, whatever is asked, and none names a patient.
#[test]
fn no_label_is_a_callers() {
    let hospital = Hospital::open();
    for path in ["/p1", "/patients/p1?patient_id=p1", "/livez?p1"] {
        hospital.get(path);
    }
    hospital.predict("p1", at(0.0));
    let metrics = hospital.get("/metrics").body;
    assert!(!metrics.contains("p1"), "{metrics}");
    assert_eq!(hospital.metric("strata_serving_requests_total{route=\"unmatched\",code=\"404\"}"), 2.0);
}
