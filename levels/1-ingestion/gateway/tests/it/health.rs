//! Whether it lives and whether it can take events are two questions, and what is watched is there.

use std::fs;

use crate::door::{Door, JSON, LINES, VITALS, lines, reading};
use crate::file_log::Mood;

/// Faults 43, 59: liveness depends on nothing; readiness tells the truth about what is behind.
#[test]
fn a_dead_log_is_not_ready_and_lives() {
    let door = Door::open();
    assert_eq!(door.get("/readyz").status, 200);
    for (mood, reason) in
        [(Mood::Gone, "connection refused"), (Mood::Behind, "behind"), (Mood::Stuck, "did not answer")]
    {
        door.log.set(mood);
        assert_eq!(door.get("/livez").status, 200);
        let answer = door.get("/readyz?verbose");
        assert_eq!(answer.status, 503);
        assert!(answer.json()["reasons"][0].as_str().unwrap().contains(reason), "{answer:?}");
        assert_eq!(answer.json()["checks"][0]["ok"], false);
    }
    door.log.set(Mood::Well);
    assert_eq!(door.get("/readyz").status, 200);
}

/// What was not recorded is not confirmed, and readiness says so until it works again.
#[test]
fn without_an_audit_log_nothing_is_confirmed() {
    let door = Door::open();
    assert_eq!(door.post(VITALS, JSON, reading("p1", 1)).status, 200);
    let head = door.folder.path().join("audit/head");
    let kept = fs::read(&head).unwrap();
    fs::remove_file(&head).unwrap();
    let answer = door.post(VITALS, JSON, reading("p1", 2));
    assert_eq!((answer.status, answer.json()["error"].as_str()), (503, Some("audit_unavailable")));
    assert_eq!(door.get("/readyz").status, 503);
    assert_eq!(door.metric("strata_gateway_audit_failures_total"), Some(1.0));
    fs::write(&head, kept).unwrap();
    assert_eq!(door.post(VITALS, JSON, reading("p1", 2)).counts(), (0, 1, 0));
    assert_eq!(door.get("/readyz").status, 200);
}

/// Faults 28, 43: everything that is watched is emitted, from the start, at zero.
#[test]
fn metrics_are_there_from_the_start() {
    let door = Door::open();
    for series in [
        "strata_gateway_events_accepted_total{topic=\"patient-vitals\"}",
        "strata_gateway_events_duplicate_total{topic=\"lab-results\"}",
        "strata_gateway_events_rejected_total{topic=\"adverse-events\",rule=\"malformed\"}",
        "strata_gateway_fields_dropped_total{reason=\"free_text\"}",
        "strata_gateway_received_bytes_total",
        "strata_gateway_throttled_total",
        "strata_gateway_log_failures_total",
        "strata_gateway_audit_failures_total",
        "strata_gateway_in_flight_bytes",
        "strata_gateway_requests_total{route=\"/v1/events/{topic}\",code=\"429\"}",
    ] {
        assert_eq!(door.metric(series), Some(0.0), "{series}");
    }
    let body = lines(10) + "nonsense\n";
    door.post(VITALS, LINES, &body);
    door.post(VITALS, LINES, &body);
    let of_vitals =
        |name: &str| door.metric(&format!("strata_gateway_events_{name}_total{{topic=\"patient-vitals\"}}"));
    assert_eq!((of_vitals("accepted"), of_vitals("duplicate")), (Some(10.0), Some(10.0)));
    assert_eq!(door.metric("strata_gateway_received_bytes_total"), Some(2.0 * body.len() as f64));
    assert!(door.metric("strata_process_resident_memory_bytes").unwrap() > 0.0);
}
