//! The threshold that spends a fixed budget of alerts: staff can answer so many, whatever the model.

use crate::ranking::Ranking;

/// The least threshold at which at most `rate` of the rows are alerts.
///
/// The budget is a ceiling: when the highest score is shared by more rows than it allows, the threshold
/// lies above every score and nothing alerts. `None` for no rows.
pub fn threshold_at_alert_rate(scores: &[f32], rate: f64) -> Option<f32> {
    threshold_of(&Ranking::new(&vec![false; scores.len()], scores), rate)
}

pub(crate) fn threshold_of(ranking: &Ranking, rate: f64) -> Option<f32> {
    let highest = ranking.steps.first()?.threshold;
    let budget = (rate * ranking.rows() as f64 + 1e-9) as usize;
    let affordable =
        ranking.steps.iter().take_while(|step| step.alerts() <= budget && step.threshold.is_finite()).last();
    Some(affordable.map_or(highest.next_up(), |step| step.threshold))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets() {
        let scores = [0.1, 0.2, 0.3, 0.3, 0.9];
        assert_eq!(threshold_at_alert_rate(&scores, 0.2), Some(0.9));
        assert_eq!(threshold_at_alert_rate(&scores, 0.4), Some(0.9), "the tie does not fit");
        assert_eq!(threshold_at_alert_rate(&scores, 0.6), Some(0.3));
        assert_eq!(threshold_at_alert_rate(&scores, 1.0), Some(0.1));
        assert!(threshold_at_alert_rate(&scores, 0.1).is_some_and(|threshold| threshold > 0.9));
        assert_eq!(threshold_at_alert_rate(&[], 0.1), None);
    }
}
