//! The model itself, and how it predicts.

use std::collections::BTreeMap;

use crate::{Calibration, Dense, Error, Preprocessing, RiskLevel, Thresholds};

/// Everything between a row of raw features and a calibrated probability.
///
/// With no hidden layer this is logistic regression; with some, a network with `ReLU` between its layers.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What kind it is, for example `network` or `logistic_regression`.
    pub name: String,
    /// The columns, in the order of a row.
    pub features: Vec<String>,
    /// Version and hash of the feature set it was trained on; whoever loads the model compares it with its own.
    pub feature_set: String,
    /// Applied to each row first.
    pub preprocessing: Preprocessing,
    /// The layers, the last one with a single output: the logit.
    pub layers: Vec<Dense>,
    /// From logit to log-odds.
    pub calibration: Calibration,
    /// What the probability means.
    pub thresholds: Thresholds,
    /// Where it comes from (`trained_at`, seed, data); free, but part of the file and so of its version.
    pub metadata: BTreeMap<String, String>,
}

impl Model {
    /// Calibrated probabilities of rows laid end to end; NaN is a missing value.
    ///
    /// # Panics
    /// When `rows` is not a whole number of rows: check foreign columns with [`Model::columns`] first.
    pub fn predict(&self, rows: &[f32]) -> Vec<f32> {
        self.each(rows, |logit| self.calibration.probability(logit))
    }

    /// Calibrated probability of one row.
    ///
    /// # Panics
    /// When the row is not as wide as the model.
    pub fn predict_one(&self, row: &[f32]) -> f32 {
        self.calibration.probability(self.logit(row, &mut Scratch::new(self)))
    }

    /// Raw logits, before calibration, of rows laid end to end.
    ///
    /// # Panics
    /// When `rows` is not a whole number of rows.
    pub fn logits(&self, rows: &[f32]) -> Vec<f32> {
        self.each(rows, |logit| logit)
    }

    /// What a probability of this model means.
    pub fn risk_level(&self, probability: f32) -> RiskLevel {
        self.thresholds.level(probability)
    }

    /// Where each of the model's features stands in the caller's columns; more columns are welcome, missing ones not.
    pub fn columns<S: AsRef<str>>(&self, names: &[S]) -> Result<Vec<usize>, Error> {
        let at: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, name)| (name.as_ref(), i)).collect();
        if at.len() < names.len() {
            return Err(Error::Columns("a column comes twice".into()));
        }
        let missing = |name: &str| Error::Columns(format!("{name} is missing"));
        self.features.iter().map(|name| at.get(name.as_str()).copied().ok_or_else(|| missing(name))).collect()
    }

    fn each(&self, rows: &[f32], answer: impl Fn(f32) -> f32) -> Vec<f32> {
        let width = self.features.len();
        assert!(rows.len().is_multiple_of(width), "{} values are not rows of {width} features", rows.len());
        let mut scratch = Scratch::new(self);
        rows.chunks_exact(width).map(|row| answer(self.logit(row, &mut scratch))).collect()
    }

    fn logit(&self, row: &[f32], scratch: &mut Scratch) -> f32 {
        let width = self.features.len();
        assert!(row.len() == width, "a row has {} values, the model {width} features", row.len());
        let Scratch { current, next } = scratch;
        self.preprocessing.apply(row, &mut current[..width]);
        for (depth, layer) in self.layers.iter().enumerate() {
            if depth > 0 {
                current[..layer.inputs].iter_mut().for_each(|x| *x = x.max(0.0));
            }
            layer.forward(&current[..layer.inputs], &mut next[..layer.outputs]);
            std::mem::swap(current, next);
        }
        current[0]
    }
}

/// Two rows that the layers write to in turn.
struct Scratch {
    current: Vec<f32>,
    next: Vec<f32>,
}

impl Scratch {
    fn new(model: &Model) -> Self {
        let widest = model.layers.iter().map(|layer| layer.outputs).fold(model.features.len(), usize::max);
        Self { current: vec![0.0; widest], next: vec![0.0; widest] }
    }
}

#[cfg(test)]
mod tests;
