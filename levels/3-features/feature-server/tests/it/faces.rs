//! Lives, is ready, tells its numbers, describes itself.

use serde_json::json;

use crate::ward::Ward;

/// Faults 43, 59: liveness asks nobody; readiness says what is wrong. While the store is filled, nobody is unknown.
#[test]
fn a_store_that_is_being_filled_is_not_ready_and_not_dead() {
    let ward = Ward::open(&[]);
    assert_eq!(ward.get("/readyz").status, 200);
    *ward.step.0.lock().unwrap() = Some("it is filling the online store: 40 %".to_owned());
    assert_eq!(ward.get("/livez").body, "ok");
    for path in ["/readyz", "/health"] {
        let ready = ward.get(path);
        assert_eq!(
            (ready.status, ready.json()["reasons"].clone()),
            (503, json!(["it is filling the online store: 40 %"]))
        );
    }
    let asked = json!({"features": ["hr_last"], "entities": {"patient_id": ["p1"]}});
    for answer in [ward.ask(&asked), ward.get("/features/p1"), ward.get("/v1/states?patient_id=p1")] {
        assert_eq!((answer.status, answer.json()["error"].as_str()), (503, Some("not_in_step")));
    }
    assert_eq!(ward.get("/v1/states").status, 200, "whoever compares sees what is there");
}

/// Faults 28, 43, 49: the names exist from the start, at zero. No label tells of a patient.
#[test]
fn metrics_are_there_from_the_start_and_name_nobody() {
    let ward = Ward::open(&[]);
    let metrics = || ward.get("/metrics").body;
    let first = metrics();
    for series in [
        "strata_features_vectors_total 0",
        "strata_features_values_total{status=\"OUTSIDE_MAX_AGE\"} 0",
        "strata_features_ready 1",
    ] {
        assert!(first.contains(series), "{series}: {first}");
    }
    ward.ask(&json!({"features": ["hr_last", "sbp_last"], "entities": {"patient_id": ["p1", "p2", "p9"]}}));
    ward.get("/features/p1?patient_id=p1");
    ward.get("/p1");
    let then = metrics();
    for series in [
        "strata_features_vectors_total 3",
        "strata_features_values_total{status=\"PRESENT\"} 3",
        "strata_features_values_total{status=\"NOT_FOUND\"} 2",
        "strata_features_values_total{status=\"NULL_VALUE\"} 1",
        "strata_features_requests_total{route=\"/get-online-features\",code=\"200\"} 1",
        "strata_features_requests_total{route=\"unmatched\",code=\"404\"} 1",
    ] {
        assert!(then.contains(series), "{series}: {then}");
    }
    assert!(!then.contains("p1") && !then.contains("p9"), "{then}");
}

#[test]
fn it_describes_itself() {
    let ward = Ward::open(&[]);
    let description = ward.get("/openapi.json").json();
    for path in ["/get-online-features", "/features/{patient_id}", "/v1/states", "/readyz", "/livez", "/metrics"] {
        assert!(description["paths"].get(path).is_some(), "{path}");
    }
    assert!(ward.get("/").body.contains("POST /get-online-features"));
    assert_eq!(ward.get("/version").body, env!("CARGO_PKG_VERSION"));
}

/// What is stored is handed out page by page, for whoever compares it.
#[test]
fn stored_states_have_pages() {
    let ward = Ward::open(&[]);
    let first = ward.get("/v1/states?limit=1").json();
    assert_eq!(first["states"][0]["patient_id"], "p1");
    assert!(first["marks"].is_string());
    let second = ward.get("/v1/states?limit=1&after=p1").json();
    assert_eq!(second["states"][0]["patient_id"], "p2");
    assert_eq!(ward.get("/v1/states?after=p2").json()["states"], json!([]));
    assert_eq!(ward.get("/v1/states?patient_id=p2").json()["states"], second["states"]);
}
