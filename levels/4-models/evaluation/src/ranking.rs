//! Rows sorted once by falling score: every threshold's confusion counts follow from one pass.
//!
//! Rows of equal score are one step: no threshold separates them, so no measure may depend on their order.

/// The state of the confusion table when everything at or above `threshold` is an alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) threshold: f32,
    pub(crate) true_alerts: usize,
    pub(crate) false_alerts: usize,
}

impl Step {
    pub(crate) fn alerts(self) -> usize {
        self.true_alerts + self.false_alerts
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Ranking {
    /// Row indices by falling score, then by row.
    pub(crate) order: Vec<u32>,
    keys: Vec<u32>,
    pub(crate) steps: Vec<Step>,
    pub(crate) positives: usize,
}

impl Ranking {
    pub(crate) fn new(labels: &[bool], scores: &[f32]) -> Self {
        assert_eq!(labels.len(), scores.len(), "one score per label");
        let keys: Vec<u32> = scores.iter().map(|&score| key(score)).collect();
        let mut sorted: Vec<u64> = keys.iter().zip(0_u64..).map(|(&key, row)| (u64::from(!key) << 32) | row).collect();
        sorted.sort_unstable();
        let order: Vec<u32> = sorted.into_iter().map(|entry| entry as u32).collect();
        let mut ranking = Self { order, keys, steps: Vec::new(), positives: 0 };
        ranking.climb(labels, scores);
        ranking
    }

    fn climb(&mut self, labels: &[bool], scores: &[f32]) {
        let (mut positives, mut negatives) = (0, 0);
        for (place, &row) in self.order.iter().enumerate() {
            let row = row as usize;
            positives += usize::from(labels[row]);
            negatives += usize::from(!labels[row]);
            if self.order.get(place + 1).is_none_or(|&next| !self.tied(row, next as usize)) {
                let threshold = if scores[row].is_nan() { f32::NEG_INFINITY } else { scores[row] };
                self.steps.push(Step { threshold, true_alerts: positives, false_alerts: negatives });
            }
        }
        self.positives = positives;
    }

    pub(crate) fn tied(&self, one: usize, other: usize) -> bool {
        self.keys[one] == self.keys[other]
    }

    pub(crate) fn rows(&self) -> usize {
        self.order.len()
    }

    pub(crate) fn negatives(&self) -> usize {
        self.rows() - self.positives
    }

    pub(crate) fn has_both_classes(&self) -> bool {
        self.positives > 0 && self.negatives() > 0
    }

    /// The counts when rows at or above `threshold` are alerts; `None` when no row is.
    pub(crate) fn at(&self, threshold: f32) -> Option<Step> {
        let above = self.steps.partition_point(|step| step.threshold >= threshold);
        above.checked_sub(1).map(|last| self.steps[last])
    }

    /// About `bins` ranges of `order`, of equal size as far as ties allow.
    ///
    /// Tied rows stay in one bin, so that a constant prediction is one bin and has no spurious error.
    pub(crate) fn equal_mass(&self, bins: usize) -> Vec<std::ops::Range<usize>> {
        let mut ranges = Vec::with_capacity(bins);
        let mut start = 0;
        let mut filled = 1;
        for step in &self.steps {
            let end = step.alerts();
            if end * bins >= self.rows() * filled {
                ranges.push(start..end);
                start = end;
                filled = end * bins / self.rows() + 1;
            }
        }
        ranges
    }
}

/// A number that orders as the score does; NaN is the least, and -0 equals 0.
fn key(score: f32) -> u32 {
    if score.is_nan() {
        return 0;
    }
    let bits = (score + 0.0).to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_scores_do() {
        let scores = [f32::NAN, f32::NEG_INFINITY, -2.0, -0.5, 0.0, 1e-30, 0.3, 7.0, f32::INFINITY];
        assert!(scores.map(key).is_sorted_by(|a, b| a < b));
        assert_eq!(key(-0.0), key(0.0));
    }

    #[test]
    fn ties_are_one_step() {
        let ranking = Ranking::new(&[true, false, true], &[0.5, 0.5, 0.1]);
        assert_eq!(ranking.steps.len(), 2);
        assert_eq!(ranking.at(0.5).map(Step::alerts), Some(2));
        assert_eq!(ranking.at(0.6), None);
        assert_eq!(ranking.at(0.0).map(Step::alerts), Some(3));
    }

    #[test]
    fn bins_are_equal_and_never_split_ties() {
        let labels = [false; 10];
        let distinct: Vec<f32> = (0..10_u8).map(f32::from).collect();
        assert_eq!(Ranking::new(&labels, &distinct).equal_mass(5), [0..2, 2..4, 4..6, 6..8, 8..10]);
        assert_eq!(Ranking::new(&labels, &[0.5; 10]).equal_mass(5).len(), 1, "one tie, one bin");
        assert_eq!(Ranking::new(&[], &[]).equal_mass(5), []);
    }
}
