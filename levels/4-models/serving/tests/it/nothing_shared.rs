//! What is one patient's is never another's.

use std::collections::BTreeSet;

use crate::hospital::{Hospital, at};

/// Fault 37: two patients with equal features get the same probability, each under their own id.
#[test]
fn equal_patients_get_their_own_answers() {
    let hospital = Hospital::open();
    let (first, second) = (hospital.predict("p1", at(0.0)).json(), hospital.predict("p2", at(0.0)).json());
    assert_eq!((first["patient_id"].as_str(), second["patient_id"].as_str()), (Some("p1"), Some("p2")));
    assert_eq!(first["probability"], second["probability"]);
    assert_eq!(first["factors"], second["factors"]);
}

/// Fault 37: the same question again is a new prediction under a new id, counted and remembered again.
#[test]
fn nothing_is_cached() {
    let hospital = Hospital::open();
    let answers: Vec<_> = (0..5).map(|_| hospital.predict("p1", at(0.0))).collect();
    let ids: BTreeSet<String> = answers.iter().map(|a| a.json()["prediction_id"].to_string()).collect();
    assert_eq!(ids.len(), 5);
    assert!(answers.iter().all(|answer| answer.header("cache-control") == Some("no-store")));
    let level = answers[0].json()["risk_level"].as_str().unwrap().to_owned();
    assert_eq!(hospital.metric(&format!("strata_serving_predictions_total{{risk_level=\"{level}\"}}")), 5.0);
}

/// Ids are those of the clock that serving was given, so they sort by time.
#[test]
fn ids_carry_the_time_of_the_clock() {
    let hospital = Hospital::open();
    let id = hospital.predict("p1", at(-2.0)).json()["prediction_id"].as_str().unwrap().replace('-', "");
    let millis = i64::from_str_radix(&id[..12], 16).unwrap();
    assert_eq!(millis * 1000, crate::hospital::NOON);
}
