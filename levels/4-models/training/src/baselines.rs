//! The bedside scores that a model has to beat, made comparable.

use strata_evaluation::{Request, evaluate};
use strata_features::Feature;

use crate::set::{Outcomes, Parts};
use crate::{Baseline, Part, Settings, TrainingSet, calibrate, threshold};

const SCORES: [(&str, &str); 3] = [("NEWS2", "news2_total"), ("SIRS", "sirs_count"), ("qSOFA", "qsofa")];

/// The points of each score on the test rows, by name.
pub(crate) fn on_test(set: &TrainingSet, parts: &Parts) -> Vec<(&'static str, Vec<f32>)> {
    let column = |feature| Feature::by_name(feature).expect("the scores are features").index();
    SCORES.map(|(name, feature)| (name, points(set, parts.rows(Part::Test), column(feature)))).into()
}

/// Calibrates each score on the validation patients and judges it on the test part.
pub(crate) fn evaluated(set: &TrainingSet, parts: &Parts, settings: &Settings) -> Vec<Baseline> {
    let judge = |(name, feature): (&'static str, &str)| {
        let column = Feature::by_name(feature).expect("the scores are features").index();
        let on = |rows: &[u32]| (Outcomes::new(set, rows), points(set, rows, column));
        let (outcomes, known) = on(&parts.validation());
        let calibration = calibrate::platt_of_baseline(&known, &outcomes.labels);
        let risks = |points: &[f32]| points.iter().map(|&x| calibration.probability(x)).collect::<Vec<_>>();
        let thresholds = threshold::thresholds(&outcomes, &risks(&known), set.has_utility);
        let (outcomes, known) = on(parts.rows(Part::Test));
        let evaluation = evaluate(&Request {
            model: name,
            predictions: outcomes.beside(&risks(&known)),
            subjects: &set.subjects,
            threshold: thresholds.alert,
            comparisons: Vec::new(),
            without_medication: None,
            has_utility: set.has_utility,
            bootstrap: settings.bootstrap,
            seed: settings.seed,
        });
        Baseline { name, evaluation }
    };
    SCORES.map(judge).into()
}

/// A score on the rows of a part; one that could not be computed counts as 0, as nobody would be called.
fn points(set: &TrainingSet, rows: &[u32], column: usize) -> Vec<f32> {
    let point = |&row: &u32| Some(set.row(row)[column]).filter(|points| points.is_finite()).unwrap_or(0.0);
    rows.iter().map(point).collect()
}
