//! Laws of the measures on random data.

use crate::metrics::{Confusion, auprc, auroc, brier, ece, prevalence, roc_curve, threshold_at_alert_rate};
use proptest::prelude::*;

/// Coarse scores, so that ties are common.
fn rows() -> impl Strategy<Value = (Vec<bool>, Vec<f32>)> {
    prop::collection::vec((any::<bool>(), 0_u8..40), 0..200)
        .prop_map(|rows| rows.into_iter().map(|(label, points)| (label, f32::from(points) / 40.0)).unzip())
}

/// Every pair of a positive and a negative row, one by one.
fn pairs_won(labels: &[bool], scores: &[f32]) -> Option<f64> {
    let of = |class| labels.iter().zip(scores).filter(move |(label, _)| **label == class).map(|(_, score)| *score);
    let (mut won, mut pairs) = (0.0, 0.0);
    for positive in of(true) {
        for negative in of(false) {
            won += if positive > negative { 1.0 } else { f64::from(u8::from(positive == negative)) / 2.0 };
            pairs += 1.0;
        }
    }
    (pairs > 0.0).then(|| won / pairs)
}

proptest! {
    #[test]
    fn auroc_is_the_share_of_pairs_won((labels, scores) in rows()) {
        let (fast, slow) = (auroc(&labels, &scores), pairs_won(&labels, &scores));
        prop_assert!(fast.zip(slow).is_none_or(|(fast, slow)| (fast - slow).abs() < 1e-12));
        prop_assert_eq!(fast.is_some(), slow.is_some());
    }

    #[test]
    fn only_the_order_of_scores_matters((labels, scores) in rows()) {
        let mapped: Vec<f32> = scores.iter().map(|score| (3.0 * score).exp() - 7.0).collect();
        prop_assert_eq!(auroc(&labels, &scores), auroc(&labels, &mapped));
        prop_assert_eq!(auprc(&labels, &scores), auprc(&labels, &mapped));
    }

    #[test]
    fn negated_scores_mirror_auroc((labels, scores) in rows()) {
        let negated: Vec<f32> = scores.iter().map(|score| -score).collect();
        let sum = auroc(&labels, &scores).zip(auroc(&labels, &negated)).map(|(one, other)| one + other);
        prop_assert!(sum.is_none_or(|sum| (sum - 1.0).abs() < 1e-12));
    }

    #[test]
    fn one_score_for_all_is_chance((labels, _) in rows(), score in 0.0_f32..1.0) {
        let scores = vec![score; labels.len()];
        prop_assert!(auroc(&labels, &scores).is_none_or(|area| area == 0.5));
        prop_assert!(auprc(&labels, &scores).zip(prevalence(&labels)).is_none_or(|(area, p)| (area - p).abs() < 1e-12));
    }

    #[test]
    fn everything_stays_in_bounds((labels, scores) in rows()) {
        for value in [auroc(&labels, &scores), auprc(&labels, &scores), brier(&labels, &scores), ece(&labels, &scores)] {
            prop_assert!(value.is_none_or(|value| (0.0..=1.0 + 1e-12).contains(&value)));
        }
        prop_assert!(roc_curve(&labels, &scores).is_sorted_by(|a, b| a.x <= b.x && a.y <= b.y));
    }

    #[test]
    fn alerts_stay_within_the_budget((labels, scores) in rows(), rate in 0.0_f64..1.0) {
        let Some(threshold) = threshold_at_alert_rate(&scores, rate) else { return Ok(()) };
        let alerts = Confusion::at(&labels, &scores, threshold).alerts() as f64;
        prop_assert!(alerts <= rate * scores.len() as f64 + 1e-6);
    }
}
