//! The calibration curve: predicted beside observed risk in tenths of the rows.

use crate::Interval;
use crate::ranking::Ranking;
use serde::{Deserialize, Serialize};

/// A tenth of the rows, by rising risk.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decile {
    /// The mean risk that the model gave.
    pub predicted: f64,
    /// The share of rows that were positive.
    pub observed: f64,
    /// 95 %, by patients: rows of one patient are alike, so counting them as independent is too sure.
    pub interval: Option<Interval>,
    /// The number of rows.
    pub rows: usize,
    /// The number of positive rows.
    pub events: usize,
}

const TENTHS: usize = 10;

/// The deciles from the lowest risk to the highest; fewer when ties forbid a cut.
pub fn deciles(labels: &[bool], probabilities: &[f32]) -> Vec<Decile> {
    let mut deciles = deciles_of(&Ranking::new(labels, probabilities), labels, probabilities).1;
    deciles.reverse();
    deciles
}

/// The deciles by falling risk, with their ranges in the ranking's order.
pub(crate) fn deciles_of(
    ranking: &Ranking,
    labels: &[bool],
    probabilities: &[f32],
) -> (Vec<std::ops::Range<usize>>, Vec<Decile>) {
    if !super::are_probabilities(probabilities) {
        return (Vec::new(), Vec::new());
    }
    let ranges = ranking.equal_mass(TENTHS);
    let deciles = ranges.iter().map(|range| {
        let rows = &ranking.order[range.clone()];
        let events = rows.iter().filter(|&&row| labels[row as usize]).count();
        let risk: f64 = rows.iter().map(|&row| f64::from(probabilities[row as usize])).sum();
        let n = rows.len() as f64;
        Decile { predicted: risk / n, observed: events as f64 / n, interval: None, rows: rows.len(), events }
    });
    let deciles = deciles.collect();
    (ranges, deciles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_by_rising_risk() {
        let probabilities: Vec<f32> = (0..100_u8).map(|i| f32::from(i) / 100.0).collect();
        let labels: Vec<bool> = (0..100).map(|i| i >= 95).collect();
        let deciles = deciles(&labels, &probabilities);
        assert_eq!(deciles.len(), 10);
        assert!(deciles.iter().all(|decile| decile.rows == 10));
        assert_eq!((deciles[0].events, deciles[9].events), (0, 5));
        assert!((deciles[9].predicted - 0.945).abs() < 1e-6);
        assert_eq!(deciles[9].observed, 0.5);
    }

    #[test]
    fn nothing_to_show() {
        assert_eq!(deciles(&[], &[]), []);
        assert_eq!(deciles(&[true], &[2.0]), []);
    }
}
