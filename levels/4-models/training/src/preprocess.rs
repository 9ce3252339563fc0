//! Learns the preprocessing: the median to fill with, mean and deviation to scale with. Training rows only.

use rayon::prelude::*;
use strata_features::FEATURE_COUNT;
use strata_model::Preprocessing;

use crate::TrainingSet;

/// Sixteen neighbouring values are one cache line of a row, so this many columns cost no more to read than one.
const COLUMNS: usize = 16;

/// Fits on the given rows. A column without any value is filled with 0 and so always scaled to 0.
pub(crate) fn fit(set: &TrainingSet, rows: &[u32], clip: f32) -> Preprocessing {
    let firsts: Vec<usize> = (0..FEATURE_COUNT).step_by(COLUMNS).collect();
    let columns: Vec<Column> = firsts.into_par_iter().flat_map_iter(|first| columns(set, rows, first)).collect();
    Preprocessing {
        fill: columns.iter().map(|column| column.fill).collect(),
        mean: columns.iter().map(|column| column.mean).collect(),
        scale: columns.iter().map(|column| column.scale).collect(),
        clip,
    }
}

struct Column {
    fill: f32,
    mean: f32,
    scale: f32,
}

fn columns(set: &TrainingSet, rows: &[u32], first: usize) -> Vec<Column> {
    let last = (first + COLUMNS).min(FEATURE_COUNT);
    let mut known = vec![Vec::with_capacity(rows.len()); last - first];
    for &row in rows {
        for (known, &value) in known.iter_mut().zip(&set.row(row)[first..last]) {
            if value.is_finite() {
                known.push(value);
            }
        }
    }
    known.into_iter().map(|known| column(known, rows.len())).collect()
}

/// Values beyond these shares at either end count as if they lay there, so that a few absurd readings do not press all
/// others together.
const TAIL: f64 = 0.01;

/// Mean and deviation are those of the filled and trimmed column, as the model will see it.
fn column(mut known: Vec<f32>, rows: usize) -> Column {
    if known.is_empty() {
        return Column { fill: 0.0, mean: 0.0, scale: 1.0 };
    }
    let n = rows as f64;
    let missing = (rows - known.len()) as f64;
    let mut quantile = |share: f64| {
        let at = (share * (known.len() - 1) as f64).round() as usize;
        *known.select_nth_unstable_by(at, f32::total_cmp).1
    };
    let (low, fill, high) = (quantile(TAIL), quantile(0.5), quantile(1.0 - TAIL));
    let trimmed = || known.iter().map(|&x| f64::from(x.clamp(low, high)));
    let mean = (trimmed().sum::<f64>() + missing * f64::from(fill)) / n;
    let squares = trimmed().map(|x| (x - mean).powi(2)).sum::<f64>();
    let variance = (squares + missing * (f64::from(fill) - mean).powi(2)) / n;
    // A constant column says nothing; dividing by its rounding error would make it shout.
    let deviation = variance.sqrt();
    let scale = if deviation > 1e-6 * (1.0 + mean.abs()) { deviation as f32 } else { 1.0 };
    Column { fill, mean: mean as f32, scale }
}
