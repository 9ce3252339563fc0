//! The confusion table at one threshold, and the shares clinicians read from it.

use serde::{Deserialize, Serialize};

/// Rows by alert and outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Alert, and it happened.
    pub true_positives: usize,
    /// Alert, and it did not happen.
    pub false_positives: usize,
    /// No alert, and it happened.
    pub false_negatives: usize,
    /// No alert, and it did not happen.
    pub true_negatives: usize,
}

impl Confusion {
    /// The table when every row with a score of at least `threshold` is an alert.
    pub fn at(labels: &[bool], scores: &[f32], threshold: f32) -> Self {
        let mut confusion = Self::default();
        for (&label, &score) in labels.iter().zip(scores) {
            *match (score >= threshold, label) {
                (true, true) => &mut confusion.true_positives,
                (true, false) => &mut confusion.false_positives,
                (false, true) => &mut confusion.false_negatives,
                (false, false) => &mut confusion.true_negatives,
            } += 1;
        }
        confusion
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.alerts() + self.false_negatives + self.true_negatives
    }

    /// The number of alerts.
    pub fn alerts(&self) -> usize {
        self.true_positives + self.false_positives
    }

    /// The share of rows that are alerts.
    pub fn alert_rate(&self) -> Option<f64> {
        share(self.alerts(), self.rows())
    }

    /// The share of positive rows that are alerts (recall).
    pub fn sensitivity(&self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// The share of negative rows that are no alerts.
    pub fn specificity(&self) -> Option<f64> {
        share(self.true_negatives, self.true_negatives + self.false_positives)
    }

    /// The share of alerts that are right (precision).
    pub fn ppv(&self) -> Option<f64> {
        share(self.true_positives, self.alerts())
    }

    /// The share of silent rows that are right.
    pub fn npv(&self) -> Option<f64> {
        share(self.true_negatives, self.true_negatives + self.false_negatives)
    }

    /// The harmonic mean of sensitivity and PPV.
    pub fn f1(&self) -> Option<f64> {
        share(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let labels = [true, true, true, false, false, false, false, false];
        let scores = [0.9, 0.8, 0.1, 0.8, 0.2, 0.1, 0.0, f32::NAN];
        let confusion = Confusion::at(&labels, &scores, 0.8);
        assert_eq!(
            confusion,
            Confusion { true_positives: 2, false_positives: 1, false_negatives: 1, true_negatives: 4 }
        );
        assert_eq!(confusion.sensitivity(), Some(2.0 / 3.0));
        assert_eq!(confusion.specificity(), Some(0.8));
        assert_eq!(confusion.ppv(), Some(2.0 / 3.0));
        assert_eq!(confusion.npv(), Some(0.8));
        assert_eq!(confusion.f1(), Some(2.0 / 3.0));
        assert_eq!(confusion.alert_rate(), Some(0.375));
    }

    #[test]
    fn empty() {
        let confusion = Confusion::at(&[], &[], 0.5);
        assert_eq!((confusion.sensitivity(), confusion.ppv(), confusion.f1()), (None, None, None));
    }
}
