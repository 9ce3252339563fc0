//! A prediction from the record.

use serde_json::{Value, json};
use strata_features::sign::HR;
use strata_features::{FEATURE_COUNT, Feature, Lab, Timeline, Vitals, compute};

use crate::client::written;
use crate::hospital::{Hospital, NOON, Record, at, model, served, worsening};

/// Faults 38, 42: the caller sends who and when, nothing else, and gets what the model says of exactly the
/// features that training would have computed, preprocessed by the model itself.
#[test]
fn the_answer_is_the_models_for_the_features_of_the_record() {
    let hospital = Hospital::open();
    let answer = hospital.predict("p1", at(0.0));
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();

    let (model, vector) = (model(), compute(&worsening(), at(0.0)));
    let probability = model.predict_one(&vector);
    assert_eq!(answer["probability"], written(probability));
    assert_eq!(answer["risk_level"], model.risk_level(probability).as_str());
    assert_eq!(answer["model"], json!({"name": "network", "version": model.version(), "run_id": "run-1"}));
    assert_eq!(answer["patient_id"], "p1");
    assert_eq!(answer["timestamp"], "2026-03-01T12:00:00Z");
    assert_eq!(answer["feature_time"], "2026-03-01T12:00:00Z");
    assert_eq!(answer["features_missing"], vector.iter().filter(|value| value.is_nan()).count());
    assert_eq!(answer["prediction_id"].as_str().map(|id| (id.len(), id.as_bytes()[14])), Some((36, b'7')));
}

/// The factors are the strongest contributions, in words; all contributions add up to the answer.
#[test]
fn the_factors_are_the_strongest_contributions() {
    let hospital = Hospital::open();
    let answer = hospital.predict("p1", at(0.0)).json();
    let explanation = model().explain(&compute(&worsening(), at(0.0)));
    let factors = answer["factors"].as_array().unwrap();
    assert_eq!(factors.len(), 5);
    for (factor, contribution) in factors.iter().zip(&explanation.contributions) {
        let feature = Feature::by_name(&contribution.feature).unwrap();
        let expected = json!({
            "feature": feature.name,
            "description": feature.description,
            "value": written(contribution.value),
            "unit": feature.unit,
            "contribution": written(contribution.contribution),
        });
        assert_eq!(factor, &expected);
    }
    let sizes: Vec<f64> = factors.iter().map(|f| f["contribution"].as_f64().unwrap().abs()).collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    let all: f32 = explanation.contributions.iter().map(|c| c.contribution).sum();
    let log_odds = answer["base_log_odds"].as_f64().unwrap() + f64::from(all);
    let probability = 1.0 / (1.0 + (-log_odds).exp());
    assert!((probability - answer["probability"].as_f64().unwrap()).abs() < 1e-3, "{probability} {answer}");
}

/// As of t means happened by t and known by t: what comes later, or is known later, changes nothing.
#[test]
fn an_answer_sees_neither_the_future_nor_what_was_not_known_yet() {
    let mut later = worsening();
    let late = Vitals { available_at: at(0.5), ..later.vitals[3] };
    let (mut future, mut unknown) = (Vitals::at(at(0.01)), Vitals { time: at(-0.5), ..late });
    future.signs[HR] = 240.0;
    unknown.signs[HR] = 30.0;
    later.vitals.extend([future, unknown]);
    later.labs.push(Lab { time: at(-1.0), available_at: at(0.2), variable: 20, value: 9.0, reference: None });
    later.sort();
    let record = [("p1".to_owned(), worsening()), ("p2".to_owned(), later)];
    let hospital = Hospital::with(Record::Of(record.into()), Some(served()));

    let (without, with) = (hospital.predict("p1", at(0.0)).json(), hospital.predict("p2", at(0.0)).json());
    for field in ["probability", "feature_time", "factors", "features_missing"] {
        assert_eq!(without[field], with[field], "{field}");
    }
    // Asked about an earlier time, even what is known now is not seen.
    let earlier = hospital.predict("p1", at(-3.0)).json();
    let mut past = worsening();
    past.vitals.truncate(4);
    assert_eq!(earlier["probability"], written(model().predict_one(&compute(&past, at(-3.0)))));
    assert_eq!(earlier["feature_time"], "2026-03-01T09:00:00Z");
}

/// A patient of whom nothing is known by then has an answer that says so.
#[test]
fn a_patient_without_events_is_answered_and_shown_to_be_empty() {
    let hospital = Hospital::open();
    let answer = hospital.predict("p3", at(0.0)).json();
    let vector = compute(&Timeline::default(), at(0.0));
    assert_eq!(answer["feature_time"], Value::Null);
    assert_eq!(answer["probability"], written(model().predict_one(&vector)));
    let missing = answer["features_missing"].as_u64().unwrap() as usize;
    assert!(missing > FEATURE_COUNT / 2 && missing == vector.iter().filter(|v| v.is_nan()).count());
    assert_eq!(hospital.predict("p1", at(-7.0)).json()["feature_time"], Value::Null);
}

/// Any offset is understood and answered in UTC; a little ahead of our clock is not the future.
#[test]
fn times_are_understood_in_any_offset() {
    let hospital = Hospital::open();
    for (time, utc) in [
        ("2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00Z"),
        ("2026-03-01T12:05:00Z", "2026-03-01T12:05:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ] {
        let body = json!({"patient_id": "p1", "timestamp": time}).to_string();
        let answer = hospital.post("/v1/predict", "application/json; charset=UTF-8", body);
        assert_eq!((answer.status, answer.json()["timestamp"].as_str()), (200, Some(utc)), "{time}");
    }
    assert_eq!(at(0.0).0, NOON);
}
