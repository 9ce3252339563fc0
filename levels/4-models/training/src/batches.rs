//! Rows on their way to the model, prepared piece by piece: the matrix of the set is never copied whole.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use strata_features::FEATURE_COUNT;
use strata_model::{Model, Preprocessing};

use crate::TrainingSet;

/// Rows scored at a time; small enough to stay in the cache.
const PIECE: usize = 1024;

/// The preprocessed rows, end to end.
pub(crate) fn prepared(set: &TrainingSet, rows: &[u32], preprocessing: &Preprocessing) -> Vec<f32> {
    let mut values = vec![0.0; rows.len() * FEATURE_COUNT];
    for (out, &row) in values.chunks_exact_mut(FEATURE_COUNT).zip(rows) {
        preprocessing.apply(set.row(row), out);
    }
    values
}

/// Raw logits of some rows.
pub(crate) fn logits(model: &Model, set: &TrainingSet, rows: &[u32]) -> Vec<f32> {
    each_piece(set, rows, |_| {}, |rows| model.logits(rows))
}

/// Calibrated probabilities of some rows.
pub(crate) fn probabilities(model: &Model, set: &TrainingSet, rows: &[u32]) -> Vec<f32> {
    each_piece(set, rows, |_| {}, |rows| model.predict(rows))
}

/// The same as if some features had never been measured.
pub(crate) fn probabilities_without(model: &Model, set: &TrainingSet, rows: &[u32], features: &[usize]) -> Vec<f32> {
    let mask = |row: &mut [f32]| features.iter().for_each(|&feature| row[feature] = f32::NAN);
    each_piece(set, rows, mask, |rows| model.predict(rows))
}

fn each_piece(
    set: &TrainingSet,
    rows: &[u32],
    change: impl Fn(&mut [f32]) + Sync,
    score: impl Fn(&[f32]) -> Vec<f32> + Sync,
) -> Vec<f32> {
    let score_piece = |rows: &[u32]| {
        let mut piece = Vec::with_capacity(rows.len() * FEATURE_COUNT);
        for &row in rows {
            piece.extend_from_slice(set.row(row));
        }
        piece.chunks_exact_mut(FEATURE_COUNT).for_each(&change);
        score(&piece)
    };
    rows.par_chunks(PIECE).flat_map_iter(score_piece).collect()
}

/// Another order (Fisher and Yates).
pub(crate) fn shuffle(rows: &mut [u32], random: &mut ChaCha8Rng) {
    for last in (1..rows.len()).rev() {
        rows.swap(last, random.random_range(0..=last as u32) as usize);
    }
}
