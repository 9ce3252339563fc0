//! Area under the ROC curve: the chance that a random positive row outranks a random negative one
//! (Hanley & `McNeil`, Radiology 1982). Ties count one half.

use crate::curve::{Point, thin};
use crate::ranking::Ranking;

/// The area, or `None` unless both classes are present.
pub fn auroc(labels: &[bool], scores: &[f32]) -> Option<f64> {
    auroc_of(&Ranking::new(labels, scores))
}

/// Sensitivity (y) against 1 - specificity (x), at most 200 points from (0, 0) to (1, 1).
pub fn roc_curve(labels: &[bool], scores: &[f32]) -> Vec<Point> {
    roc_of(&Ranking::new(labels, scores))
}

pub(crate) fn auroc_of(ranking: &Ranking) -> Option<f64> {
    if !ranking.has_both_classes() {
        return None;
    }
    let mut twice_pairs_won: u128 = 0;
    let (mut positives, mut negatives) = (0, 0);
    for step in &ranking.steps {
        let beaten = (step.false_alerts - negatives) as u128;
        twice_pairs_won += beaten * (positives + step.true_alerts) as u128;
        (positives, negatives) = (step.true_alerts, step.false_alerts);
    }
    Some(twice_pairs_won as f64 / (2.0 * positives as f64 * negatives as f64))
}

pub(crate) fn roc_of(ranking: &Ranking) -> Vec<Point> {
    if !ranking.has_both_classes() {
        return Vec::new();
    }
    let (positives, negatives) = (ranking.positives as f64, ranking.negatives() as f64);
    let points = ranking
        .steps
        .iter()
        .map(|step| Point { x: step.false_alerts as f64 / negatives, y: step.true_alerts as f64 / positives });
    thin(std::iter::once(Point { x: 0.0, y: 0.0 }).chain(points), |point| point.x + point.y, 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &[u8], scores: &[f32], expect: Option<f64>) {
        let labels: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
        assert_eq!(auroc(&labels, scores), expect);
    }

    #[test]
    fn pairs_won() {
        check(&[0, 0, 1, 1], &[0.1, 0.4, 0.35, 0.8], Some(0.75));
        check(&[0, 1], &[0.1, 0.9], Some(1.0));
        check(&[1, 0], &[0.1, 0.9], Some(0.0));
        check(&[1, 0, 1, 0], &[0.5; 4], Some(0.5));
        check(&[1, 0, 0], &[0.5, 0.5, 0.1], Some(0.75));
        check(&[1, 0], &[f32::NAN, 0.0], Some(0.0));
    }

    #[test]
    fn one_class_has_no_area() {
        check(&[], &[], None);
        check(&[1, 1], &[0.1, 0.2], None);
        check(&[0, 0], &[0.1, 0.2], None);
    }

    #[test]
    fn the_curve_runs_from_corner_to_corner() {
        let curve = roc_curve(&[false, true, false, true], &[0.1, 0.2, 0.3, 0.4]);
        let points: Vec<(f64, f64)> = curve.iter().map(|point| (point.x, point.y)).collect();
        assert_eq!(points, [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]);
    }
}
