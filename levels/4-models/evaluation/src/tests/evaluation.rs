//! Whole evaluations: sound on a simulated hospital, silent where there is nothing to measure, and fast.

use super::hospital::Hospital;
use crate::{Comparison, Evaluation, Predictions, Request, SubgroupVerdict, evaluate};

pub(crate) fn evaluation_of(hospital: &Hospital) -> Evaluation {
    evaluate(&Request {
        model: "Strata network 120-64-32-1",
        predictions: hospital.predictions(),
        subjects: &hospital.subjects,
        threshold: 0.04,
        comparisons: vec![
            Comparison::probabilities("Logistic regression", &hospital.logistic),
            Comparison::scores("NEWS2", &hospital.news2),
        ],
        without_medication: Some(&hospital.masked),
        has_utility: true,
        bootstrap: 200,
        seed: 7,
    })
}

pub(crate) fn request_of(predictions: Predictions<'_>) -> Request<'_> {
    Request {
        model: "model",
        predictions,
        subjects: &[],
        threshold: 0.5,
        comparisons: vec![],
        without_medication: None,
        has_utility: false,
        bootstrap: 50,
        seed: 1,
    }
}

#[test]
fn a_simulated_hospital() {
    let hospital = Hospital::new(800, 11);
    let evaluation = evaluation_of(&hospital);
    assert_eq!(evaluation.rows, hospital.labels.len());
    assert_eq!(evaluation.patients, 800);
    for estimate in [evaluation.auroc, evaluation.auprc, evaluation.comparisons[0].model_leads_by] {
        let estimate = estimate.expect("both classes");
        let interval = estimate.interval.expect("replicates");
        assert!(interval.low < estimate.value && estimate.value < interval.high, "{estimate:?}");
    }
    assert!(evaluation.calibration.deciles.is_sorted_by(|a, b| a.predicted < b.predicted));
    assert_eq!(evaluation.at_alert_rates.len(), 4);
    assert!(evaluation.subgroups.iter().all(|part| part.dimension != "Site"), "one site is no subgroup");
    assert!(evaluation.subgroups.iter().any(|part| part.verdict != SubgroupVerdict::NotJudged));
    assert!(evaluation.roc.len() <= 200 && evaluation.precision_recall.len() <= 200);
    let json = serde_json::to_string(&evaluation).expect("plain data");
    let back: Evaluation = serde_json::from_str(&json).expect("what was written");
    assert_eq!(back.gates.len(), evaluation.gates.len());
    assert_eq!(back.at_threshold.confusion, evaluation.at_threshold.confusion);
    assert_eq!(back.subgroups.len(), evaluation.subgroups.len());
}

#[test]
fn the_same_seed_gives_the_same_evaluation_on_any_number_of_threads() {
    let hospital = Hospital::new(200, 3);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    assert_eq!(one.install(|| evaluation_of(&hospital)), evaluation_of(&hospital));
}

#[test]
fn nothing_to_measure() {
    let empty = Predictions { patients: &[], hours: &[], labels: &[], probabilities: &[] };
    let evaluation = evaluate(&request_of(empty));
    assert_eq!((evaluation.auroc, evaluation.prevalence, evaluation.calibration.ece), (None, None, None));
    assert!(!evaluation.passed());

    let one_class = Predictions {
        patients: &[0, 0, 4],
        hours: &[0.0, 1.0, f64::NAN],
        labels: &[false; 3],
        probabilities: &[0.2, f32::NAN, 0.4],
    };
    let evaluation = evaluate(&Request { has_utility: true, ..request_of(one_class) });
    assert_eq!((evaluation.auroc, evaluation.utility, evaluation.calibration.brier), (None, None, None));
    assert_eq!(evaluation.prevalence, Some(0.0));
}

#[test]
#[should_panic(expected = "one entry per row")]
fn rows_that_do_not_line_up_are_refused() {
    evaluate(&request_of(Predictions { patients: &[0], hours: &[0.0], labels: &[true], probabilities: &[] }));
}

/// `cargo test --release -p strata-evaluation -- --ignored --nocapture speed`
#[test]
#[ignore = "a measurement, for a release build"]
fn speed() {
    let hospital = Hospital::new(3100, 5);
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let evaluation = evaluation_of(&hospital);
        println!("{} rows, {} patients: {:?}", evaluation.rows, evaluation.patients, start.elapsed());
    }
}
