//! The whole way from a training set to judged models.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Instant;

use strata_evaluation::Comparison;
use strata_features::{FEATURES, feature_set};
use strata_model::{Calibration, Model, Preprocessing, Thresholds};

use crate::fit::{Fitted, Recipe, fit};
use crate::network::Hyper;
use crate::set::{Outcomes, Parts};
use crate::{
    Candidate, Error, Outcome, Part, Progress, Settings, TrainingSet, baselines, batches, calibrate, judge, preprocess,
    threshold,
};

/// Trains and judges the network and the logistic regression.
///
/// Each learns on one thread, both at the same time, with its batches prepared on another: a batch is too small to
/// share between threads with profit, and sums whose order depends on threads would not be the same twice.
pub fn train(set: &TrainingSet, settings: &Settings, progress: &mut dyn FnMut(Progress)) -> Result<Outcome, Error> {
    let start = Instant::now();
    settings.check()?;
    set.check()?;
    let parts = Parts::new(set, settings.seed)?;
    progress(Progress::Split { rows: Part::ALL.map(|part| parts.rows(part).len()) });
    let preprocessing = preprocess::fit(set, parts.rows(Part::Train), settings.clip);
    let training = Training { set, parts: &parts, settings, preprocessing };

    let hyper = settings.hyper();
    let network = Recipe { name: "network", hidden: &settings.hidden, hyper, is_baseline: false };
    let plain = Hyper { dropout: 0.0, input_dropout: 0.0, ..hyper };
    let regression = Recipe { name: "logistic_regression", hidden: &[], hyper: plain, is_baseline: true };
    let (sender, receiver) = channel();
    let finished = thread::scope(|scope| {
        let threads = [network, regression].map(|recipe| {
            let (training, sender) = (&training, sender.clone());
            scope.spawn(move || training.finish(&recipe, &sender))
        });
        drop(sender);
        receiver.iter().for_each(&mut *progress);
        threads.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let [network, regression] = finished;
    let models = training.judge(&[network?, regression?], progress);
    let baselines = baselines::evaluated(set, &parts, settings);
    Ok(Outcome { models, baselines, seconds: start.elapsed().as_secs_f64() })
}

struct Training<'a> {
    set: &'a TrainingSet,
    parts: &'a Parts,
    settings: &'a Settings,
    preprocessing: Preprocessing,
}

/// A model that is whole but not yet judged.
struct Finished {
    model: Model,
    fitted: Fitted,
    seconds: f64,
}

impl Training<'_> {
    /// Learns, calibrates and finds the threshold; sees nothing of the test part.
    fn finish(&self, recipe: &Recipe, progress: &Sender<Progress>) -> Result<Finished, Error> {
        let start = Instant::now();
        let Self { set, parts, settings, .. } = *self;
        let mut model = self.draft(recipe);
        let fitted = fit(set, parts, settings, recipe, &model, |epoch| {
            // Nobody listening is no reason to stop.
            let _ = progress.send(Progress::Epoch { model: recipe.name, epoch });
        });
        model.layers.clone_from(&fitted.layers);

        let rows = parts.validation();
        let outcomes = Outcomes::new(set, &rows);
        let logits = batches::logits(&model, set, &rows);
        model.calibration = if recipe.is_baseline {
            calibrate::platt_of_baseline(&logits, &outcomes.labels)
        } else {
            calibrate::platt(recipe.name, &logits, &outcomes.labels)?
        };
        let probabilities = batches::probabilities(&model, set, &rows);
        model.thresholds = threshold::thresholds(&outcomes, &probabilities, set.has_utility);
        model.check()?;
        Ok(Finished { model, fitted, seconds: start.elapsed().as_secs_f64() })
    }

    /// Everything but the weights. What goes into the metadata must follow from the set and the settings alone: the
    /// metadata is part of the file, and the same training must give the same file.
    fn draft(&self, recipe: &Recipe) -> Model {
        let settings = serde_json::to_string(self.settings).expect("settings have a json form");
        let rows = Part::ALL.map(|part| format!("{part}: {}", self.parts.rows(part).len())).join(", ");
        Model {
            name: recipe.name.into(),
            features: FEATURES.iter().map(|feature| feature.name.into()).collect(),
            feature_set: feature_set(),
            preprocessing: self.preprocessing.clone(),
            layers: Vec::new(),
            calibration: Calibration::IDENTITY,
            thresholds: Thresholds { moderate: 0.5, high: 0.5, alert: 0.5 },
            metadata: BTreeMap::from([("settings".into(), settings), ("rows".into(), rows)]),
        }
    }

    /// The one look at the test part.
    fn judge(&self, finished: &[Finished], progress: &mut dyn FnMut(Progress)) -> Vec<Candidate> {
        let Self { set, parts, settings, .. } = *self;
        let rows = parts.rows(Part::Test);
        let scores = baselines::on_test(set, parts);
        let probabilities: Vec<_> = finished.iter().map(|one| batches::probabilities(&one.model, set, rows)).collect();

        let mut candidates = Vec::new();
        for (number, Finished { model, fitted, seconds }) in finished.iter().enumerate() {
            let mut comparisons: Vec<_> =
                scores.iter().map(|(name, points)| Comparison::scores(name, points)).collect();
            let others = finished.iter().zip(&probabilities).enumerate().filter(|(other, _)| *other != number);
            comparisons.extend(others.map(|(_, (other, values))| Comparison::probabilities(&other.model.name, values)));
            let evaluation = judge::on_test(model, set, parts, settings, &probabilities[number], comparisons);
            let auroc = evaluation.auroc.map(|auroc| auroc.value);
            progress(Progress::Evaluated { model: model.name.clone(), auroc });
            let Fitted { history, chosen_epoch, .. } = fitted;
            candidates.push(Candidate {
                model: model.clone(),
                evaluation,
                history: history.clone(),
                chosen_epoch: *chosen_epoch,
                seconds: *seconds,
            });
        }
        candidates
    }
}
