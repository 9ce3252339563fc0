//! Rows in bins, for the share of positives in each.

use crate::ranking::Ranking;
use std::ops::Range;

/// The patients of the positive and of all rows of each bin.
#[derive(Debug)]
pub(crate) struct Binned(Vec<[Vec<u32>; 2]>);

impl Binned {
    /// The bins are ranges of the ranking's order.
    pub(crate) fn new(ranking: &Ranking, bins: &[Range<usize>], labels: &[bool], patients: &[u32]) -> Self {
        let bin = |range: &Range<usize>| {
            let rows = || ranking.order[range.clone()].iter().map(|&row| row as usize);
            let positives = rows().filter(|&row| labels[row]).map(|row| patients[row]);
            [positives.collect(), rows().map(|row| patients[row]).collect()]
        };
        Self(bins.iter().map(bin).collect())
    }

    /// The share of positive rows in each bin when each patient counts as often as drawn.
    pub(crate) fn rates(&self, drawn: &[u32]) -> Vec<Option<f64>> {
        let weight =
            |patients: &[u32]| -> u64 { patients.iter().map(|&patient| u64::from(drawn[patient as usize])).sum() };
        let rate = |[positives, rows]: &[Vec<u32>; 2]| {
            let rows = weight(rows);
            (rows > 0).then(|| weight(positives) as f64 / rows as f64)
        };
        self.0.iter().map(rate).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weighted_shares() {
        let labels = [true, false, false, true, false, true];
        let ranking = Ranking::new(&labels, &[0.9, 0.9, 0.5, 0.4, 0.4, 0.1]);
        let binned = Binned::new(&ranking, &[0..2, 2..6, 2..4], &labels, &[0, 0, 1, 1, 2, 2]);
        assert_eq!(binned.rates(&[2, 0, 1]), [Some(0.5), Some(0.5), None]);
    }
}
