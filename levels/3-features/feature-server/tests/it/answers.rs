//! Feast's shape, and what stands in it.

use serde_json::{Value, json};
use strata_features::FEATURES;

use crate::ward::Ward;

/// The result of this name: its values, statuses and times.
fn result<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let names = answer["metadata"]["feature_names"].as_array().unwrap();
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| panic!("no {name}: {answer}"));
    &answer["results"][at]
}

/// As Feast 0.67 answers: one result a feature, with one value a patient.
#[test]
fn the_answer_has_feasts_shape() {
    let ward = Ward::open(&[]);
    let asked = json!({
        "features": ["patient_features:hr_last", "patient_features:sbp_last", "patient_features:vitals_count_6h"],
        "entities": {"patient_id": ["p1", "p9", "p2"]},
    });
    let answer = ward.ask(&asked);
    assert_eq!(answer.status, 200, "{answer:?}");
    let epoch = "1970-01-01T00:00:00Z";
    assert_eq!(
        answer.json(),
        json!({
            "metadata": {"feature_names": ["patient_id", "hr_last", "sbp_last", "vitals_count_6h"]},
            "results": [
                {"values": ["p1", "p9", "p2"], "statuses": ["PRESENT", "PRESENT", "PRESENT"],
                 "event_timestamps": [epoch, epoch, epoch]},
                {"values": [90.0, null, 60.0], "statuses": ["PRESENT", "NOT_FOUND", "PRESENT"],
                 "event_timestamps": ["2026-03-01T11:00:00Z", epoch, "2026-03-01T07:00:00Z"]},
                {"values": [120.0, null, null], "statuses": ["PRESENT", "NOT_FOUND", "NULL_VALUE"],
                 "event_timestamps": ["2026-03-01T11:00:00Z", epoch, epoch]},
                {"values": [2.0, null, 1.0], "statuses": ["PRESENT", "NOT_FOUND", "PRESENT"],
                 "event_timestamps": ["2026-03-01T11:00:00Z", epoch, "2026-03-01T07:00:00Z"]},
            ],
        })
    );
    let link = "/get-online-features?patient_id=p1,p9,p2&features=hr_last,sbp_last,vitals_count_6h";
    assert_eq!(ward.get(link).json(), answer.json(), "a link gives the same");
}

/// Fault 35: missing became 0. Fault 36: everybody named another number of features.
#[test]
fn missing_stays_missing_and_every_feature_is_there() {
    let ward = Ward::open(&[]);
    let asked =
        json!({"feature_service": "patient_features", "entities": {"patient_id": ["p2"]}, "full_feature_names": true});
    let answer = ward.ask(&asked).json();
    assert_eq!(answer["results"].as_array().unwrap().len(), FEATURES.len() + 1);
    for feature in &FEATURES {
        let result = result(&answer, &format!("patient_features__{}", feature.name));
        let missing = result["values"][0].is_null();
        assert_eq!(missing, result["statuses"][0] != "PRESENT", "{}: {result}", feature.name);
        assert!(missing || feature.name.contains("hr") || !feature.name.ends_with("_last"), "{}", feature.name);
    }
}

#[test]
fn what_is_too_old_is_not_given() {
    let ward = Ward::open(&["hr_last=2", "*=48"]);
    let asked =
        json!({"features": ["hr_last", "hr_hours_since", "age_years"], "entities": {"patient_id": ["p1", "p2"]}});
    let answer = ward.ask(&asked).json();
    let old = result(&answer, "hr_last");
    assert_eq!(old["values"], json!([90.0, null]));
    assert_eq!(old["statuses"], json!(["PRESENT", "OUTSIDE_MAX_AGE"]));
    assert_eq!(old["event_timestamps"][1], "2026-03-01T07:00:00Z");
    assert_eq!(result(&answer, "hr_hours_since")["values"], json!([1.0, 5.0]));
    assert_eq!(result(&answer, "age_years")["values"], json!([71.0, null]));
}

/// Fault 33: a vector as of a time does not depend on when it is asked for.
#[test]
fn a_time_may_be_asked_about() {
    let ward = Ward::open(&[]);
    let asked = |as_of: &str| {
        ward.ask(&json!({"features": ["hr_hours_since"], "entities": {"patient_id": ["p1"]}, "as_of": as_of})).json()
    };
    assert_eq!(result(&asked("2026-03-01T16:00:00Z"), "hr_hours_since")["values"], json!([5.0]));
    assert_eq!(result(&asked("2026-03-01T11:30:00Z"), "hr_hours_since")["values"], json!([0.5]));
    let refused = asked("2026-03-01T03:00:00Z");
    assert_eq!(refused["error"], "too_early", "{refused}");
}

#[test]
fn people_see_a_patients_features() {
    let ward = Ward::open(&[]);
    let answer = ward.get("/features/p1");
    assert_eq!(answer.status, 200, "{answer:?}");
    let told = answer.json();
    assert_eq!((told["patient_id"].as_str(), told["as_of"].as_str()), (Some("p1"), Some("2026-03-01T12:00:00Z")));
    let first = &told["features"][0];
    assert_eq!(
        (first["name"].as_str(), first["value"].as_f64(), first["unit"].as_str()),
        (Some("hr_last"), Some(90.0), Some("/min"))
    );
    assert_eq!(told["features"].as_array().unwrap().len(), FEATURES.len());
    let unknown = ward.get("/features/p9");
    assert_eq!((unknown.status, unknown.json()["error"].as_str()), (404, Some("unknown_patient")));
}
