//! Area under the precision-recall curve as average precision: the step-wise sum that the
//! `PhysioNet` challenge and scikit-learn use. Interpolating linearly would be too kind
//! (Davis & Goadrich, ICML 2006). A useless model scores the prevalence.

use crate::curve::{Point, thin};
use crate::ranking::Ranking;

/// Average precision, or `None` unless both classes are present.
pub fn auprc(labels: &[bool], scores: &[f32]) -> Option<f64> {
    auprc_of(&Ranking::new(labels, scores))
}

/// Precision (y) against recall (x), at most 200 points.
pub fn precision_recall_curve(labels: &[bool], scores: &[f32]) -> Vec<Point> {
    precision_recall_of(&Ranking::new(labels, scores))
}

pub(crate) fn auprc_of(ranking: &Ranking) -> Option<f64> {
    if !ranking.has_both_classes() {
        return None;
    }
    let mut area = 0.0;
    let mut found = 0;
    for step in &ranking.steps {
        area += (step.true_alerts - found) as f64 * step.true_alerts as f64 / step.alerts() as f64;
        found = step.true_alerts;
    }
    Some(area / ranking.positives as f64)
}

pub(crate) fn precision_recall_of(ranking: &Ranking) -> Vec<Point> {
    if !ranking.has_both_classes() {
        return Vec::new();
    }
    let positives = ranking.positives as f64;
    let points = ranking.steps.iter().filter(|step| step.true_alerts > 0).map(|step| Point {
        x: step.true_alerts as f64 / positives,
        y: step.true_alerts as f64 / step.alerts() as f64,
    });
    thin(points, |point| point.x, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(labels: &[u8], scores: &[f32], expect: Option<f64>) {
        let labels: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
        assert_eq!(auprc(&labels, scores), expect);
    }

    #[test]
    fn average_precision() {
        // Falling: 1 (precision 1), 0, 1 (precision 2/3), 0.
        check(&[0, 0, 1, 1], &[0.1, 0.4, 0.35, 0.8], Some(f64::midpoint(1.0, 2.0 / 3.0)));
        check(&[0, 0, 0, 0, 1, 1], &[0.3, 0.4, 0.6, 0.7, 0.8, 0.8], Some(1.0));
        check(&[1, 0, 0, 0], &[0.5; 4], Some(0.25));
        check(&[0, 0], &[0.1, 0.2], None);
        check(&[1], &[0.1], None);
    }

    #[test]
    fn the_curve_ends_at_the_prevalence() {
        let curve = precision_recall_curve(&[false, true, false, true], &[0.1, 0.2, 0.3, 0.4]);
        assert_eq!(curve.last().map(|point| (point.x, point.y)), Some((1.0, 0.5)));
    }
}
