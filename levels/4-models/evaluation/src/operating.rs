//! What follows from alerting at a threshold.

use crate::OperatingPoint;
use crate::metrics::{Confusion, threshold_of};
use crate::ranking::Ranking;

/// The budgets of alerts that models are compared at.
const ALERT_RATES: [f64; 4] = [0.01, 0.02, 0.05, 0.10];

pub(crate) fn at_threshold(labels: &[bool], probabilities: &[f32], threshold: f32) -> OperatingPoint {
    let confusion = Confusion::at(labels, probabilities, threshold);
    OperatingPoint {
        target_alert_rate: None,
        threshold,
        alert_rate: confusion.alert_rate(),
        confusion,
        sensitivity: confusion.sensitivity(),
        specificity: confusion.specificity(),
        ppv: confusion.ppv(),
        npv: confusion.npv(),
        f1: confusion.f1(),
    }
}

pub(crate) fn at_alert_rates(ranking: &Ranking, labels: &[bool], probabilities: &[f32]) -> Vec<OperatingPoint> {
    let at_rate = |rate| {
        let threshold = threshold_of(ranking, rate)?;
        Some(OperatingPoint { target_alert_rate: Some(rate), ..at_threshold(labels, probabilities, threshold) })
    };
    ALERT_RATES.into_iter().filter_map(at_rate).collect()
}
