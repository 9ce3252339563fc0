//! The decision curve: who should use the model, given how they weigh a missed event against a false alert.

use crate::metrics::{are_probabilities, fit, net_benefit_of, net_benefit_of_treating_all, sigmoid};
use crate::ranking::Ranking;
use crate::{Comparison, ComparisonKind, DecisionCurve, NetBenefit, Predictions};

const POINTS: usize = 120;

pub(crate) fn decision_curve(
    ranking: &Ranking,
    predictions: &Predictions,
    comparisons: &[Comparison],
) -> DecisionCurve {
    let prevalence = ranking.positives as f64 / ranking.rows().max(1) as f64;
    let thresholds = if ranking.has_both_classes() { thresholds(prevalence) } else { Vec::new() };
    let of = |ranking: &Ranking| -> Vec<f64> {
        thresholds.iter().map(|&threshold| net_benefit_of(ranking, threshold).unwrap_or(0.0)).collect()
    };
    let model = if are_probabilities(predictions.probabilities) { of(ranking) } else { Vec::new() };
    let treat_all = thresholds.iter().filter_map(|&threshold| net_benefit_of_treating_all(prevalence, threshold));
    let comparisons = comparisons.iter().filter_map(|comparison| {
        let risks = risks(comparison, predictions.labels)?;
        let values = of(&Ranking::new(predictions.labels, &risks));
        Some(NetBenefit { name: comparison.name.to_owned(), values })
    });
    DecisionCurve { model, treat_all: treat_all.collect(), comparisons: comparisons.collect(), thresholds }
}

/// From a hair to ten times the prevalence: nobody acts on much higher risks of rare events, or could.
fn thresholds(prevalence: f64) -> Vec<f64> {
    let highest = (10.0 * prevalence).clamp(0.1, 0.9);
    (1..=POINTS).map(|i| highest * i as f64 / POINTS as f64).collect()
}

fn risks(comparison: &Comparison, labels: &[bool]) -> Option<Vec<f32>> {
    if comparison.kind == ComparisonKind::Probability {
        return are_probabilities(comparison.values).then(|| comparison.values.to_vec());
    }
    let finite = || comparison.values.iter().copied().filter(|value| value.is_finite());
    let lowest = finite().fold(f32::INFINITY, f32::min);
    // What was not measured is taken for normal, as the scores' own charts do.
    let points: Vec<f64> =
        comparison.values.iter().map(|&value| f64::from(if value.is_finite() { value } else { lowest })).collect();
    let line = fit(&points, labels)?;
    Some(points.iter().map(|points| sigmoid(line.intercept + line.slope * points) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_becomes_a_risk_with_the_right_mean() {
        let labels: Vec<bool> = (0..100).map(|i| i % 10 == 0 || i > 90).collect();
        let points: Vec<f32> = (0..100_u8).map(|i| if i == 3 { f32::NAN } else { f32::from(i / 20) }).collect();
        let risks = risks(&Comparison::scores("NEWS2", &points), &labels).expect("a fit");
        let mean = risks.iter().map(|&risk| f64::from(risk)).sum::<f64>() / 100.0;
        let events = labels.iter().filter(|&&label| label).count() as f64;
        assert!((mean - events / 100.0).abs() < 1e-4, "{mean}");
        assert!(super::risks(&Comparison::probabilities("x", &[2.0]), &[true]).is_none());
    }
}
