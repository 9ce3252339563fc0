//! Net benefit (Vickers & Elkin, Medical Decision Making 2006): true alerts less false alerts, where a
//! false alert weighs the odds of the threshold. Who alerts at 5 % accepts 19 false alerts for a true one.

use crate::ranking::Ranking;

/// `TP/n - FP/n * t/(1-t)` when risks of at least `threshold` alert; `None` for no rows or no such threshold.
pub fn net_benefit(labels: &[bool], probabilities: &[f32], threshold: f64) -> Option<f64> {
    net_benefit_of(&Ranking::new(labels, probabilities), threshold)
}

/// The net benefit of alerting on every row.
pub fn net_benefit_of_treating_all(prevalence: f64, threshold: f64) -> Option<f64> {
    odds(threshold).map(|odds| prevalence - (1.0 - prevalence) * odds)
}

pub(crate) fn net_benefit_of(ranking: &Ranking, threshold: f64) -> Option<f64> {
    if ranking.rows() == 0 {
        return None;
    }
    let odds = odds(threshold)?;
    let benefit = ranking
        .at(threshold as f32)
        .map_or(0.0, |step| (step.true_alerts as f64 - step.false_alerts as f64 * odds) / ranking.rows() as f64);
    Some(benefit)
}

fn odds(threshold: f64) -> Option<f64> {
    (0.0..1.0).contains(&threshold).then(|| threshold / (1.0 - threshold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let labels = [true, false, false, false];
        let risks = [0.6, 0.5, 0.1, 0.1];
        assert_eq!(net_benefit(&labels, &risks, 0.5), Some(0.0));
        assert_eq!(net_benefit(&labels, &risks, 0.9), Some(0.0));
        let at_fifth = net_benefit(&labels, &risks, 0.2).expect("rows");
        assert!((at_fifth - 0.25 * 0.75).abs() < 1e-12);
        assert_eq!(net_benefit(&labels, &risks, 0.0), net_benefit_of_treating_all(0.25, 0.0));
        assert_eq!(net_benefit(&labels, &risks, 1.0), None);
        assert_eq!(net_benefit(&[], &[], 0.5), None);
    }
}
