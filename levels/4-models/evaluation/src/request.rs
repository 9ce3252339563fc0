//! What an evaluation is asked for.

use crate::{Predictions, Subject};

/// A model, a test set and what to compare with.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The model's name, as the report shows it.
    pub model: &'a str,
    /// What it predicted, beside what happened.
    pub predictions: Predictions<'a>,
    /// Who the patients are, by the index in `predictions.patients`; may be empty.
    pub subjects: &'a [Subject],
    /// The probability from which the model raises an alert.
    pub threshold: f32,
    /// Baselines, or the champion, on the same rows.
    pub comparisons: Vec<Comparison<'a>>,
    /// The model's probabilities with the medication features masked: medications leak clinicians' suspicion.
    pub without_medication: Option<&'a [f32]>,
    /// Whether the set is `PhysioNet` 2019's: its utility is defined, and its onset is 6 h after the first label.
    pub has_utility: bool,
    /// The number of patient-level resamples behind each interval; 200 is usual, 0 gives no intervals.
    pub bootstrap: u32,
    /// The seed of the resamples: the same seed gives the same intervals on any number of threads.
    pub seed: u64,
}

/// Another way to rank the same rows.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// For example `NEWS2`.
    pub name: &'a str,
    /// One per row. NaN where it cannot be computed: such a row ranks last.
    pub values: &'a [f32],
    /// How to read the values.
    pub kind: ComparisonKind,
}

/// Whether a comparison's values are risks or points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComparisonKind {
    /// In 0..=1 and meant as a risk: its calibration is judged.
    Probability,
    /// Points of a score. For decision curves they become risks by a logistic fit on the same rows,
    /// which flatters the score: the model has to win against its best self.
    Score,
}

impl<'a> Comparison<'a> {
    /// A model that gives risks.
    pub fn probabilities(name: &'a str, values: &'a [f32]) -> Self {
        Self { name, values, kind: ComparisonKind::Probability }
    }

    /// A score that gives points.
    pub fn scores(name: &'a str, values: &'a [f32]) -> Self {
        Self { name, values, kind: ComparisonKind::Score }
    }
}
