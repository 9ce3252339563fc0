//! Expected calibration error over equal-mass bins: how far predicted and observed risk lie apart.
//!
//! Equal mass and not equal width: where 2 % of rows are positive, nearly all rows would share one bin.
//! It depends on the binning, so it stands beside slope and intercept (Van Calster 2019).

use super::are_probabilities;
use crate::ranking::Ranking;

/// The number of bins that the gate of calibration is defined with.
pub const ECE_BINS: usize = 15;

/// The error over [`ECE_BINS`] bins, weighted by their rows.
pub fn ece(labels: &[bool], probabilities: &[f32]) -> Option<f64> {
    ece_of(&Ranking::new(labels, probabilities), labels, probabilities)
}

pub(crate) fn ece_of(ranking: &Ranking, labels: &[bool], probabilities: &[f32]) -> Option<f64> {
    if labels.is_empty() || !are_probabilities(probabilities) {
        return None;
    }
    let gaps = ranking.equal_mass(ECE_BINS).into_iter().map(|bin| {
        let gap: f64 = ranking.order[bin]
            .iter()
            .map(|&row| f64::from(u8::from(labels[row as usize])) - f64::from(probabilities[row as usize]))
            .sum();
        gap.abs()
    });
    Some(gaps.sum::<f64>() / labels.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_at_the_prevalence_has_no_error() {
        let labels: Vec<bool> = (0..1000).map(|row| row % 40 == 0).collect();
        let error = ece(&labels, &[0.025; 1000]).expect("rows");
        assert!(error < 1e-8, "{error}");
    }

    #[test]
    fn by_hand() {
        // Two values, so two bins: |0.5 - 0.2| and |1 - 0.8|, two rows each.
        let error = ece(&[true, false, true, true], &[0.2, 0.2, 0.8, 0.8]).expect("rows");
        assert!((error - 0.25).abs() < 1e-7, "{error}");
        assert_eq!(ece(&[], &[]), None);
        assert_eq!(ece(&[true], &[3.0]), None);
    }
}
