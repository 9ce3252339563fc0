//! How the predicted risks are spread: calibration is only known where there are predictions.

use serde::{Deserialize, Serialize};

/// The rows whose risk lies in `low..high` (the last bin includes its end).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskBin {
    /// The least risk.
    pub low: f64,
    /// The greatest risk.
    pub high: f64,
    /// The number of rows.
    pub rows: usize,
}

const BINS: usize = 40;

/// Bins of equal width on the square root of risk, from 0 to the greatest risk: risks of rare events
/// crowd near zero, where bins of equal width would show a single bar.
pub fn risk_histogram(probabilities: &[f32]) -> Vec<RiskBin> {
    let highest = probabilities.iter().copied().fold(0.0_f32, f32::max);
    if !super::are_probabilities(probabilities) || highest <= 0.0 {
        return Vec::new();
    }
    let width = f64::from(highest).sqrt() / BINS as f64;
    let mut rows = [0; BINS];
    for &probability in probabilities {
        rows[((f64::from(probability).sqrt() / width) as usize).min(BINS - 1)] += 1;
    }
    let edge = |bin: usize| (bin as f64 * width).powi(2);
    rows.into_iter().enumerate().map(|(bin, rows)| RiskBin { low: edge(bin), high: edge(bin + 1), rows }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_bin() {
        let bins = risk_histogram(&[0.0, 0.01, 0.04, 0.16]);
        assert_eq!(bins.iter().map(|bin| bin.rows).sum::<usize>(), 4);
        assert_eq!((bins[0].rows, bins[BINS - 1].rows), (1, 1));
        assert!((bins[BINS - 1].high - 0.16).abs() < 1e-6);
        assert_eq!(risk_histogram(&[]), []);
        assert_eq!(risk_histogram(&[f32::NAN]), []);
    }
}
