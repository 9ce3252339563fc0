//! From which probability on someone is called. Never chosen on the test part.

use strata_evaluation::{metrics, utility};
use strata_model::Thresholds;

use crate::set::Outcomes;

/// An alerted patient is at high risk; half of that risk is moderate.
pub(crate) fn thresholds(outcomes: &Outcomes, probabilities: &[f32], has_utility: bool) -> Thresholds {
    let best = if has_utility { most_useful(outcomes, probabilities) } else { None };
    let alert = best.unwrap_or_else(|| most_telling(outcomes, probabilities)).clamp(0.0, 1.0);
    Thresholds { moderate: alert / 2.0, high: alert, alert }
}

/// By the utility of the `PhysioNet` 2019 challenge; none when no alert would do any good.
fn most_useful(outcomes: &Outcomes, probabilities: &[f32]) -> Option<f32> {
    let (threshold, utility) = utility::best_threshold(&outcomes.beside(probabilities))?;
    (utility > 0.0).then_some(threshold)
}

/// By the greatest sensitivity + specificity (Youden 1950).
fn most_telling(outcomes: &Outcomes, probabilities: &[f32]) -> f32 {
    let youden = |threshold: f32| {
        let confusion = metrics::Confusion::at(&outcomes.labels, probabilities, threshold);
        confusion.sensitivity().unwrap_or(0.0) + confusion.specificity().unwrap_or(0.0)
    };
    let mut candidates = probabilities.to_vec();
    candidates.sort_unstable_by(f32::total_cmp);
    let steps = 200.min(candidates.len());
    let quantiles = (0..steps).map(|step| candidates[step * candidates.len() / steps]);
    quantiles.max_by(|&a, &b| youden(a).total_cmp(&youden(b))).unwrap_or(0.5)
}
