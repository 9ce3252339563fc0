//! Calibration slope and intercept: weak calibration in the hierarchy of Van Calster et al.,
//! "Calibration: the Achilles heel of predictive analytics", BMC Medicine 2019.

use super::{are_probabilities, fit, fit_intercept};
use serde::{Deserialize, Serialize};

/// How risks would have to be stretched and shifted to fit the outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibrationLine {
    /// Of the logistic regression of the label on logit p. Below 1: risks too extreme; above 1: too timid.
    pub slope: f64,
    /// Calibration in the large: the intercept with the slope held at 1, as Van Calster defines it, so that it
    /// reads alone. Below 0: risks too high on the whole; above 0: too low.
    pub intercept: f64,
}

/// Certainty has infinite log-odds; a risk of one in a million is certain enough.
const LEAST_RISK: f64 = 1e-6;

/// The line, or `None` when there is one class, one risk, or a perfect separation.
pub fn calibration_line(labels: &[bool], probabilities: &[f32]) -> Option<CalibrationLine> {
    assert_eq!(labels.len(), probabilities.len(), "one probability per label");
    if !are_probabilities(probabilities) {
        return None;
    }
    let log_odds: Vec<f64> = probabilities.iter().map(|&p| logit(f64::from(p))).collect();
    let (line, intercept) = rayon::join(|| fit(&log_odds, labels), || fit_intercept(&log_odds, labels));
    Some(CalibrationLine { slope: line?.slope, intercept: intercept? })
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(LEAST_RISK, 1.0 - LEAST_RISK);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    /// Outcomes drawn from the true risk; the model says `sigmoid(stretch * logit + shift)`.
    fn simulated(stretch: f64, shift: f64) -> CalibrationLine {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let mut labels = Vec::new();
        let mut probabilities = Vec::new();
        for _ in 0..100_000 {
            let truth = -3.0 + 1.5 * (0..12).map(|_| random.random_range(-0.5..0.5)).sum::<f64>();
            labels.push(random.random_bool(super::super::sigmoid(truth)));
            probabilities.push(super::super::sigmoid(stretch * truth + shift) as f32);
        }
        calibration_line(&labels, &probabilities).expect("both classes")
    }

    #[test]
    fn calibrated_risks_have_slope_one() {
        let line = simulated(1.0, 0.0);
        assert!((0.95..=1.05).contains(&line.slope) && line.intercept.abs() < 0.05, "{line:?}");
    }

    #[test]
    fn extreme_risks_have_half_the_slope_and_high_risks_a_negative_intercept() {
        assert!((simulated(2.0, 0.0).slope - 0.5).abs() < 0.03);
        assert!((simulated(1.0, 0.7).intercept + 0.7).abs() < 0.05);
    }

    #[test]
    fn undefined() {
        assert_eq!(calibration_line(&[], &[]), None);
        assert_eq!(calibration_line(&[true, false], &[0.2, 0.2]), None);
        assert_eq!(calibration_line(&[true, false], &[1.5, 0.2]), None);
    }
}
