//! Small trainings on made-up patients whose risk is known.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use strata_evaluation::{Subject, metrics};
use strata_features::{FEATURE_COUNT, Feature};
use strata_model::Model;

use crate::set::Parts;
use crate::{Error, Outcome, Part, Settings, TrainingSet, batches, split, train};

/// Risk rises with heart rate and, beyond 2 mmol/L only, with lactate; a fifth of the values is missing.
fn patients(count: usize) -> TrainingSet {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut set = TrainingSet { has_utility: false, ..TrainingSet::default() };
    let column = |name| Feature::by_name(name).expect(name).index();
    let (heart_rate, lactate, news2) = (column("hr_last"), column("lactate_last"), column("news2_total"));
    for patient in 0..count {
        set.patient_ids.push(format!("patient-{patient}"));
        set.subjects.push(Subject { sex: Some(["female", "male"][patient % 2].into()), ..Subject::default() });
        for hour in 0..6 {
            let mut row: Vec<f32> = (0..FEATURE_COUNT).map(|_| random.random_range(-1.0..1.0)).collect();
            let (hr, lac): (f32, f32) = (random.random_range(50.0..130.0), random.random_range(0.5..6.0));
            row[heart_rate] = hr;
            row[lactate] = lac;
            row[news2] = ((hr - 50.0) / 10.0).round();
            let log_odds = -3.0 + (hr - 90.0) / 20.0 + 1.2 * (lac - 2.0).max(0.0);
            set.labels.push(random.random_bool(f64::from(1.0 / (1.0 + (-log_odds).exp()))));
            for value in &mut row {
                if random.random_bool(0.2) {
                    *value = f32::NAN;
                }
            }
            set.features.extend(row);
            set.patient_of_row.push(patient as u32);
            set.hours.push(f64::from(hour));
        }
    }
    set
}

fn settings() -> Settings {
    Settings {
        hidden: vec![8],
        batch_size: 64,
        averaging: 0.9,
        learning_rate: 1e-2,
        max_epochs: 6,
        patience: 2,
        bootstrap: 0,
        ..Settings::default()
    }
}

fn trained(set: &TrainingSet) -> Outcome {
    train(set, &settings(), &mut |_| {}).expect("trained")
}

fn files(outcome: &Outcome) -> Vec<Vec<u8>> {
    outcome.models.iter().map(|candidate| candidate.model.to_onnx()).collect()
}

#[test]
fn both_models_learn_are_calibrated_and_beat_the_baselines() {
    let outcome = trained(&patients(400));
    let names: Vec<_> = outcome.models.iter().map(|candidate| candidate.model.name.as_str()).collect();
    assert_eq!(names, ["network", "logistic_regression"]);
    for candidate in &outcome.models {
        let evaluation = &candidate.evaluation;
        assert!(evaluation.auroc.expect("two classes").value > 0.75, "{:?}", evaluation.auroc);
        assert!(evaluation.calibration.brier < evaluation.calibration.null_brier);
        assert_eq!(evaluation.comparisons.len(), 4);
        assert_eq!(candidate.model.thresholds.alert, evaluation.at_threshold.threshold);
    }
    let baselines: Vec<_> = outcome.baselines.iter().map(|baseline| baseline.name).collect();
    assert_eq!(baselines, ["NEWS2", "SIRS", "qSOFA"]);
    let auroc = |evaluation: &strata_evaluation::Evaluation| evaluation.auroc.expect("two classes").value;
    assert!(outcome.baselines.iter().all(|b| auroc(&b.evaluation) < auroc(&outcome.models[0].evaluation)));
}

/// Fault 40: the best weights are kept by value. By reference they would be the last round's.
#[test]
fn the_model_has_the_weights_of_its_best_round() {
    let set = patients(200);
    let wild = Settings { learning_rate: 0.3, max_epochs: 8, patience: 8, averaging: 0.0, ..settings() };
    let outcome = train(&set, &wild, &mut |_| {}).expect("trained");
    let parts = Parts::new(&set, wild.seed).expect("split");
    let rows = parts.rows(Part::EarlyStopping);
    let labels: Vec<bool> = rows.iter().map(|&row| set.labels[row as usize]).collect();
    for candidate in &outcome.models {
        let best = candidate.history.iter().map(|epoch| epoch.validation_auroc).fold(0.0, f64::max);
        assert_eq!(candidate.history[candidate.chosen_epoch].validation_auroc, best);
        let again = metrics::auroc(&labels, &batches::logits(&candidate.model, &set, rows));
        assert_eq!(again, Some(best));
    }
    let last = outcome.models[0].history.len() - 1;
    assert_ne!(outcome.models[0].chosen_epoch, last, "a test with nothing to lose shows nothing");
}

#[test]
fn patience_ends_the_training() {
    let outcome = train(&patients(200), &Settings { max_epochs: 50, ..settings() }, &mut |_| {}).expect("trained");
    let network = &outcome.models[0];
    assert!(network.history.len() < 50);
    assert_eq!(network.history.len(), network.chosen_epoch + 1 + 2);
}

/// Fault 41: no patient is in two parts, and no row is in none.
#[test]
fn parts_share_no_patient() {
    let set = patients(300);
    let parts = Parts::new(&set, 42).expect("split");
    let mut rows = 0;
    for part in Part::ALL {
        rows += parts.rows(part).len();
        for &row in parts.rows(part) {
            assert_eq!(split(&set.patient_ids[set.patient_of_row[row as usize] as usize], 42), part);
        }
    }
    assert_eq!(rows, set.rows());
}

/// The same set and settings give the same file, whatever the number of threads.
#[test]
fn the_same_training_gives_the_same_bytes() {
    let set = patients(150);
    let on_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| files(&trained(&set)))
    };
    let one = on_threads(1);
    assert_eq!(one, on_threads(2));
    assert_eq!(one, files(&trained(&set)));
    let other = train(&set, &Settings { seed: 43, ..settings() }, &mut |_| {}).expect("trained");
    assert_ne!(one, files(&other));
}

/// Nothing of the test part reaches a model: other values and other outcomes there change not one bit.
#[test]
fn the_test_part_changes_nothing() {
    let set = patients(150);
    let mut changed = set.clone();
    for (row, &patient) in set.patient_of_row.iter().enumerate() {
        if split(&set.patient_ids[patient as usize], 42) == Part::Test {
            changed.labels[row] = !changed.labels[row];
            changed.features[row * FEATURE_COUNT..][..FEATURE_COUNT].fill(1e6);
        }
    }
    assert_eq!(files(&trained(&set)), files(&trained(&changed)));
}

/// Faults 38, 45, 46: what was trained is what is served, after a trip through the file.
#[test]
fn the_file_predicts_what_the_training_predicted() {
    let set = patients(200);
    let model = trained(&set).models.remove(0).model;
    let served = Model::from_onnx(&model.to_onnx()).expect("our own file");
    assert_eq!(served.features.len(), FEATURE_COUNT);
    let answers = served.predict(&set.features);
    assert_eq!(answers, model.predict(&set.features));
    assert!(answers.iter().all(|p| p.is_finite()) && answers.iter().any(|&p| p != answers[0]));
}

#[test]
fn a_part_without_events_is_named() {
    let mut set = patients(200);
    for (row, &patient) in set.patient_of_row.iter().enumerate() {
        set.labels[row] &= split(&set.patient_ids[patient as usize], 42) != Part::Calibration;
    }
    let error = train(&set, &settings(), &mut |_| {}).expect_err("nothing to calibrate with");
    assert!(matches!(error, Error::OneSided { part: Part::Calibration, events: 0, .. }), "{error}");
    assert!(error.to_string().starts_with("the calibration part has 0 rows with an event"), "{error}");
}

#[test]
fn a_set_that_does_not_line_up_is_refused() {
    let breaks: [fn(&mut TrainingSet); 5] = [
        |set| set.features.truncate(1),
        |set| set.hours.truncate(1),
        |set| set.subjects.truncate(1),
        |set| set.patient_of_row.swap(0, 100),
        |set| set.hours[0] = 100.0,
    ];
    for spoil in breaks {
        let mut set = patients(50);
        spoil(&mut set);
        assert!(matches!(train(&set, &settings(), &mut |_| {}), Err(Error::Set(_))));
    }
}

#[test]
fn settings_outside_their_range_are_named() {
    let error = train(&patients(50), &Settings { dropout: 1.0, ..settings() }, &mut |_| {}).expect_err("all silenced");
    assert_eq!(error.to_string(), "setting dropout is 1, it must be at least 0 and below 1");
    assert!(serde_json::from_str::<Settings>(r#"{"droput": 0.5}"#).is_err());
}
