//! How good a model is on the test part: right after training, and again later.

use strata_evaluation::{Comparison, Evaluation, Request};
use strata_features::{FEATURES, Feature, Group};
use strata_model::Model;

use crate::set::{Outcomes, Parts};
use crate::{Baseline, Error, Part, Settings, TrainingSet, baselines, batches};

/// Judges a stored model that [`crate::train`] made, on the features as they are now and the test part of its own
/// split: no patient whom it learned from is in it.
pub fn evaluate(model: &Model, set: &TrainingSet, bootstrap: u32) -> Result<(Evaluation, Vec<Baseline>), Error> {
    set.check()?;
    let settings = model.metadata.get("settings").and_then(|settings| serde_json::from_str(settings).ok());
    let settings: Settings = settings.ok_or_else(|| Error::Untold(model.name.clone()))?;
    let settings = Settings { bootstrap, ..settings };
    let parts = Parts::new(set, settings.seed)?;
    let probabilities = batches::probabilities(model, set, parts.rows(Part::Test));
    let scores = baselines::on_test(set, &parts);
    let comparisons = scores.iter().map(|(name, points)| Comparison::scores(name, points)).collect();
    let evaluation = on_test(model, set, &parts, &settings, &probabilities, comparisons);
    Ok((evaluation, baselines::evaluated(set, &parts, &settings)))
}

/// Judges what a model says of the test rows.
pub(crate) fn on_test(
    model: &Model,
    set: &TrainingSet,
    parts: &Parts,
    settings: &Settings,
    probabilities: &[f32],
    comparisons: Vec<Comparison<'_>>,
) -> Evaluation {
    let rows = parts.rows(Part::Test);
    let medications: Vec<usize> =
        FEATURES.iter().filter(|feature| feature.group == Group::Med).map(Feature::index).collect();
    let without = batches::probabilities_without(model, set, rows, &medications);
    strata_evaluation::evaluate(&Request {
        model: &model.name,
        predictions: Outcomes::new(set, rows).beside(probabilities),
        subjects: &set.subjects,
        threshold: model.thresholds.alert,
        comparisons,
        without_medication: Some(&without),
        has_utility: set.has_utility,
        bootstrap: settings.bootstrap,
        seed: settings.seed,
    })
}
