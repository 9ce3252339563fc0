//! What holds for every answer, and what serving refuses to be.

use std::sync::Arc;

use strata_runtime::clock;
use strata_serving::{Error, Served, build};

use crate::client::send;
use crate::hospital::{Hospital, Record, at, config, model, patients, served};

/// Fault 59: the headers are on every answer, errors, panics and foreign hosts included.
#[test]
fn every_answer_has_its_headers() {
    let hospital = Hospital::open();
    let on_fire = Hospital::with(Record::Panics, Some(served()));
    let foreign = [("host", "evil.example")];
    for (answer, status) in [
        (hospital.get("/livez"), 200),
        (hospital.predict("p1", at(0.0)), 200),
        (hospital.predict("p9", at(0.0)), 404),
        (hospital.get("/nothing"), 404),
        (hospital.get("/v1/predict"), 405),
        (hospital.post("/v1/predict", "text/plain", "{}"), 415),
        (on_fire.predict("p1", at(0.0)), 500),
        (send(hospital.address, "GET /metrics", &foreign, b""), 421),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert!(answer.header("content-security-policy").is_some());
        assert_eq!(answer.header("x-request-id").map(str::len), Some(36));
    }
}

/// Fault 44: no page elsewhere is let in: no CORS, no form, no name that only points here.
#[test]
fn no_other_origin_is_granted_anything() {
    let hospital = Hospital::open();
    let origin = [("origin", "https://evil.example"), ("access-control-request-method", "POST")];
    let answer = send(hospital.address, "OPTIONS /v1/predict", &origin, b"");
    assert_eq!(answer.status, 405);
    for answer in [answer, send(hospital.address, "GET /livez", &origin, b"")] {
        assert!(!answer.headers.iter().any(|(name, _)| name.starts_with("access-control")), "{answer:?}");
    }
}

/// Fault 44: without TLS and tokens nobody beyond this machine is listened to.
#[test]
fn a_host_that_others_reach_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    for host in ["0.0.0.0", "192.168.1.7", "::"] {
        let config = strata_serving::Config { host: host.parse().unwrap(), ..config(&folder) };
        let error = build(config, Arc::new(patients()), Some(served()), Arc::new(clock::System)).unwrap_err();
        assert!(matches!(error, Error::NotLoopback(_)));
        assert!(error.to_string().contains("neither TLS nor a token"), "{error}");
    }
}

/// Faults 38, 45: a model that learned from other numbers than it would be shown is never served.
#[test]
fn a_model_that_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |served: Served| {
        build(config(&folder), Arc::new(patients()), Some(served), Arc::new(clock::System)).unwrap_err()
    };
    let mut other = model();
    other.feature_set = "1-0123456789abcdef".into();
    let version = other.version();
    assert!(matches!(refused(Served { model: other, run_id: String::new(), version }), Error::FeatureSet { .. }));
    let mut unknown = model();
    unknown.features[3] = "shoe_size".into();
    let version = unknown.version();
    let error = refused(Served { model: unknown, run_id: String::new(), version });
    assert!(matches!(&error, Error::Model(_)) && error.to_string().contains("shoe_size"), "{error}");
    let version = "of yesterday".into();
    assert!(matches!(refused(Served { model: model(), run_id: String::new(), version }), Error::Version { .. }));
}

/// The port that is taken is named, and so is the way out.
#[test]
fn a_taken_port_says_so() {
    let hospital = Hospital::open();
    let folder = tempfile::tempdir().unwrap();
    let config = strata_serving::Config { port: hospital.address.port(), ..config(&folder) };
    let error = build(config, Arc::new(patients()), None, Arc::new(clock::System)).unwrap_err();
    assert!(matches!(&error, Error::Bind { .. }) && error.to_string().contains("serving.port"), "{error}");
}
