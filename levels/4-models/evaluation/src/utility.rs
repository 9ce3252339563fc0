//! The normalised utility of the PhysioNet/CinC Challenge 2019 (Reyna et al., Crit Care Med 2020):
//! alerts from 12 h before to 3 h after the onset of sepsis earn, most at 6 h before; silence then costs;
//! a false alert costs a little. 1 is the best possible, 0 is never alerting, and less is worse than that.
//!
//! The sum runs over rows, and what an alert on one row gains over silence does not depend on any other
//! row. So the best threshold is a prefix of the rows sorted by falling probability: no search is needed.

use crate::Predictions;
use crate::ranking::Ranking;
use std::ops::Range;

const EARLY: f64 = -12.0;
const OPTIMAL: f64 = -6.0;
const LATE: f64 = 3.0;
const MOST_FOR_ALERT: f64 = 1.0;
const LEAST_FOR_SILENCE: f64 = -2.0;
const FALSE_ALERT: f64 = -0.05;

/// The set's authors shifted the label by this much before the onset.
pub const LABEL_LEADS_ONSET_HOURS: f64 = -OPTIMAL;

/// The utility when rows of at least `threshold` alert; `None` when no patient is septic.
///
/// As in the official scorer, the rows of a patient are consecutive hours.
pub fn normalised_utility(predictions: &Predictions, threshold: f32) -> Option<f64> {
    predictions.assert_aligned();
    let Gains { by_row, best } = gains(predictions);
    let alerts = predictions.probabilities.iter().zip(&by_row).filter(|(probability, _)| **probability >= threshold);
    (best > 0.0).then(|| alerts.map(|(_, gain)| gain).sum::<f64>() / best)
}

/// The threshold with the greatest utility on these rows, and that utility.
///
/// Choose it on rows that the model is not judged by. When every alert would do harm, the threshold lies
/// above all probabilities and the utility is 0.
pub fn best_threshold(predictions: &Predictions) -> Option<(f32, f64)> {
    predictions.assert_aligned();
    best_threshold_of(&Ranking::new(predictions.labels, predictions.probabilities), predictions)
}

pub(crate) fn best_threshold_of(ranking: &Ranking, predictions: &Predictions) -> Option<(f32, f64)> {
    let Gains { by_row, best } = gains(predictions);
    if best <= 0.0 {
        return None;
    }
    let mut chosen = (ranking.steps.first()?.threshold.next_up(), 0.0);
    let mut sum = 0.0;
    let mut rows = ranking.order.iter();
    for step in &ranking.steps {
        let until = ranking.rows() - step.alerts();
        while rows.len() > until {
            sum += rows.next().map_or(0.0, |&row| by_row[row as usize]);
        }
        if sum > chosen.1 && step.threshold.is_finite() {
            chosen = (step.threshold, sum);
        }
    }
    Some((chosen.0, chosen.1 / best))
}

struct Gains {
    /// What an alert on the row earns more than silence.
    by_row: Vec<f64>,
    /// What the best possible alerts earn more than silence.
    best: f64,
}

fn gains(predictions: &Predictions) -> Gains {
    let mut gains = Gains { by_row: vec![FALSE_ALERT; predictions.rows()], best: 0.0 };
    for rows in predictions.by_patient() {
        let Some(first_label) = predictions.labels[rows.clone()].iter().position(|&label| label) else { continue };
        let onset = first_label as f64 - OPTIMAL;
        let of_patient = &mut gains.by_row[rows];
        for (hour, gain) in of_patient.iter_mut().enumerate() {
            *gain = gain_of_alert(hour as f64 - onset);
        }
        gains.best += of_patient[best_alerts(onset, of_patient.len())].iter().sum::<f64>();
    }
    gains
}

/// The rows on which the official scorer's ideal model alerts.
fn best_alerts(onset: f64, rows: usize) -> Range<usize> {
    let end = ((onset + LATE) as usize + 1).min(rows);
    ((onset + EARLY).max(0.0) as usize).min(end)..end
}

/// Of a septic patient, so many hours after the onset.
fn gain_of_alert(hours: f64) -> f64 {
    if hours > LATE {
        0.0
    } else if hours <= OPTIMAL {
        (MOST_FOR_ALERT * (hours - EARLY) / (OPTIMAL - EARLY)).max(FALSE_ALERT)
    } else {
        let for_alert = MOST_FOR_ALERT * (LATE - hours) / (LATE - OPTIMAL);
        let for_silence = LEAST_FOR_SILENCE * (hours - OPTIMAL) / (LATE - OPTIMAL);
        for_alert - for_silence
    }
}
