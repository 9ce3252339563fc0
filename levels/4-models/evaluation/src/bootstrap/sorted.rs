//! Rows in the order of their scores, kept so that weighting them is a sum over few long runs.
//!
//! AUROC and average precision change only where positive rows are, and these are rare. So the patients of
//! the negative rows stand in one long list, and the list of ties says how much of it lies above each positive.

use crate::ranking::Ranking;

#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// The patients of the negative rows by falling score.
    negatives: Vec<u32>,
    /// The patients of the positive rows by falling score.
    positives: Vec<u32>,
    ties: Vec<Tie>,
}

/// Rows of equal score with at least one positive among them, as ends in the lists of [`Sorted`].
#[derive(Clone, Copy, Debug)]
struct Tie {
    negatives_above: usize,
    negatives_end: usize,
    positives_end: usize,
}

/// Area under the ROC curve, and average precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Areas {
    pub(crate) auroc: f64,
    pub(crate) auprc: f64,
}

impl Sorted {
    /// `rows` is the ranking's order or a part of it.
    pub(crate) fn new(ranking: &Ranking, rows: &[u32], labels: &[bool], patients: &[u32]) -> Self {
        let mut sorted = Self::default();
        for tie in rows.chunk_by(|&one, &other| ranking.tied(one as usize, other as usize)) {
            let (negatives_above, positives_above) = (sorted.negatives.len(), sorted.positives.len());
            for &row in tie {
                let of_class = if labels[row as usize] { &mut sorted.positives } else { &mut sorted.negatives };
                of_class.push(patients[row as usize]);
            }
            let (negatives_end, positives_end) = (sorted.negatives.len(), sorted.positives.len());
            if positives_end > positives_above {
                sorted.ties.push(Tie { negatives_above, negatives_end, positives_end });
            }
        }
        sorted
    }

    /// The areas when each patient counts as often as drawn; `None` when a class is missing.
    pub(crate) fn areas(&self, drawn: &[u32]) -> Option<Areas> {
        let weight =
            |patients: &[u32]| -> u64 { patients.iter().map(|&patient| u64::from(drawn[patient as usize])).sum() };
        let (mut positives, mut negatives) = (0, 0);
        let (mut positives_seen, mut negatives_seen) = (0, 0);
        let (mut twice_pairs_won, mut precision) = (0, 0.0);
        // A positive beats the negatives below it, which are not known yet: count those above, and turn it round.
        for tie in &self.ties {
            negatives += weight(&self.negatives[negatives_seen..tie.negatives_above]);
            let tied_negatives = weight(&self.negatives[tie.negatives_above..tie.negatives_end]);
            let tied_positives = weight(&self.positives[positives_seen..tie.positives_end]);
            twice_pairs_won += tied_positives * (2 * negatives + tied_negatives);
            positives += tied_positives;
            negatives += tied_negatives;
            if tied_positives > 0 {
                precision += (tied_positives * positives) as f64 / (positives + negatives) as f64;
            }
            (positives_seen, negatives_seen) = (tie.positives_end, tie.negatives_end);
        }
        negatives += weight(&self.negatives[negatives_seen..]);
        (positives > 0 && negatives > 0).then(|| Areas {
            auroc: 1.0 - twice_pairs_won as f64 / (2.0 * positives as f64 * negatives as f64),
            auprc: precision / positives as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{auprc, auroc};
    use proptest::prelude::*;

    proptest! {
        /// Weighing a patient equals repeating the patient's rows.
        #[test]
        fn weights_equal_copies(rows in prop::collection::vec((0_u32..6, any::<bool>(), 0_u8..20), 1..60),
                                drawn in prop::collection::vec(0_u32..4, 6)) {
            let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
            let scores: Vec<f32> = rows.iter().map(|row| f32::from(row.2)).collect();
            let patients: Vec<u32> = rows.iter().map(|row| row.0).collect();
            let ranking = Ranking::new(&labels, &scores);
            let areas = Sorted::new(&ranking, &ranking.order, &labels, &patients).areas(&drawn);

            let copies = rows.iter().flat_map(|row| std::iter::repeat_n(row, drawn[row.0 as usize] as usize));
            let (labels, scores): (Vec<bool>, Vec<f32>) = copies.map(|row| (row.1, f32::from(row.2))).unzip();
            let expect = auroc(&labels, &scores).zip(auprc(&labels, &scores));
            prop_assert_eq!(areas.is_some(), expect.is_some());
            if let (Some(areas), Some((auroc, auprc))) = (areas, expect) {
                prop_assert!((areas.auroc - auroc).abs() < 1e-12 && (areas.auprc - auprc).abs() < 1e-12);
            }
        }
    }
}
