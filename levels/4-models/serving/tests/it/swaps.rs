//! A model takes another's place while requests are answered.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;
use strata_model::{Calibration, Model};
use strata_serving::Served;

use crate::hospital::{Hospital, at, model, patients, served};

/// As cautious as the other is bold.
fn other() -> Model {
    Model { name: "other".into(), calibration: Calibration::Platt { slope: 0.2, intercept: -2.0 }, ..model() }
}

fn seated(model: Model, run_id: &str) -> Served {
    let version = model.version();
    Served { model, run_id: run_id.into(), version }
}

/// No request is dropped, and no answer is of two models.
#[test]
fn a_swap_is_noticed_by_nobody() {
    let hospital = Hospital::open();
    let stop = AtomicBool::new(false);
    let ask = || {
        let mut answers = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let answer = hospital.predict("p1", at(0.0));
            assert_eq!(answer.status, 200, "{answer:?}");
            answers.push(answer.json());
        }
        answers
    };
    let answers: Vec<Value> = thread::scope(|threads| {
        let asking: Vec<_> = (0..3).map(|_| threads.spawn(ask)).collect();
        for number in 0..40 {
            let next = if number % 2 == 0 { seated(other(), "run-2") } else { served() };
            hospital.seat.give(next).unwrap();
            let answer = hospital.predict("p1", at(0.0)).json();
            let expected = if number % 2 == 0 { "run-2" } else { "run-1" };
            assert_eq!(answer["model"]["run_id"], expected, "the swap holds from the next request on");
        }
        stop.store(true, Ordering::Relaxed);
        asking.into_iter().flat_map(|asked| asked.join().unwrap()).collect()
    });
    let mut said: BTreeMap<String, Vec<&Value>> = BTreeMap::new();
    for answer in &answers {
        said.entry(answer["model"]["run_id"].to_string()).or_default().push(&answer["probability"]);
    }
    assert!(said.values().all(|all| all.iter().all(|one| *one == all[0])), "an answer is of two models");
    assert_eq!(hospital.metric("strata_serving_model_swaps_total"), 40.0);

    // What is remembered names the model that said it.
    let log = hospital.log_folder().join("predictions-2026-03-01.ndjson");
    let _folder = hospital.close();
    let lines = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), answers.len() + 40);
    let versions = [("run-1", model().version()), ("run-2", other().version())];
    for line in lines {
        let version = versions.iter().find(|(run, _)| line["run_id"] == *run).map(|(_, version)| version.as_str());
        assert_eq!(line["model_version"].as_str(), version);
    }
}

/// Faults 38, 45: a model that does not fit takes nobody's place.
#[test]
fn a_model_that_does_not_fit_takes_no_place() {
    let hospital = Hospital::open();
    let strange = Model { feature_set: "another".into(), ..other() };
    let refused = hospital.seat.give(seated(strange, "run-2")).unwrap_err();
    hospital.seat.missed();
    assert!(refused.to_string().contains("feature set"), "{refused}");
    assert_eq!(hospital.predict("p1", at(0.0)).json()["model"]["run_id"], "run-1");
    assert_eq!(hospital.metric("strata_serving_model_failures_total"), 1.0);
    assert_eq!(hospital.metric("strata_serving_model_swaps_total"), 0.0);
}

/// Fault 39: without a model it waits for one, and is ready as soon as it comes.
#[test]
fn the_first_model_may_come_later() {
    let hospital = Hospital::with(patients(), None);
    assert_eq!((hospital.get("/readyz").status, hospital.predict("p1", at(0.0)).status), (503, 503));
    hospital.seat.give(served()).unwrap();
    assert_eq!((hospital.get("/readyz").status, hospital.predict("p1", at(0.0)).status), (200, 200));
    let info = format!("strata_serving_model_info{{name=\"network\",version=\"{}\"}}", served().version);
    assert_eq!((hospital.metric(&info), hospital.metric("strata_serving_model_swaps_total")), (1.0, 0.0));
}
