//! The burden of alarms: what the alerts mean for those who answer them.

use crate::utility::LABEL_LEADS_ONSET_HOURS;
use crate::{AlarmBurden, Predictions};
use std::ops::Range;

/// A longer silence in a record means that the patient was away, not watched.
const LONGEST_STEP_HOURS: f64 = 24.0;

/// How the onset follows from the labels of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Onset {
    /// `PhysioNet` 2019: 6 h after the first positive label.
    SixHoursAfterFirstLabel,
    /// "Within the next h hours" is true until the onset, so the onset ends the first run of positive labels.
    EndOfFirstRun,
}

pub(crate) fn alarm_burden(predictions: &Predictions, threshold: f32, onset: Onset) -> AlarmBurden {
    let usual_step = usual_step(predictions);
    let alert = |row: usize| predictions.probabilities[row] >= threshold;
    let (mut hours, mut episodes, mut true_alerts, mut false_alerts) = (0.0, 0_usize, 0_usize, 0_usize);
    let mut leads = Vec::new();
    for rows in predictions.by_patient() {
        hours += watched_hours(&predictions.hours[rows.clone()], usual_step);
        for row in rows.clone().filter(|&row| alert(row)) {
            episodes += usize::from(row == rows.start || !alert(row - 1));
            true_alerts += usize::from(predictions.labels[row]);
            false_alerts += usize::from(!predictions.labels[row]);
        }
        let right = rows.clone().find(|&row| alert(row) && predictions.labels[row]);
        if let (Some(right), Some(onset)) = (right, onset_hour(predictions, rows, usual_step, onset)) {
            leads.push(onset - predictions.hours[right]);
        }
    }
    let patient_days = if hours.is_finite() { hours / 24.0 } else { 0.0 };
    let per_100_days = |count: usize| (patient_days > 0.0).then(|| 100.0 * count as f64 / patient_days);
    AlarmBurden {
        patient_days,
        alerts_per_100_patient_days: per_100_days(true_alerts + false_alerts),
        episodes_per_100_patient_days: per_100_days(episodes),
        false_alerts_per_true_alert: (true_alerts > 0).then(|| false_alerts as f64 / true_alerts as f64),
        events_alerted_in_time: leads.iter().filter(|&&lead| lead >= 0.0).count(),
        median_lead_time_hours: median(leads).filter(|lead| lead.is_finite()),
    }
}

/// Each row stands for the time until the next; the last for the usual step.
fn watched_hours(hours: &[f64], usual_step: f64) -> f64 {
    let between: f64 = hours.windows(2).map(|pair| (pair[1] - pair[0]).clamp(0.0, LONGEST_STEP_HOURS)).sum();
    between + usual_step
}

fn usual_step(predictions: &Predictions) -> f64 {
    let steps =
        predictions.by_patient().flat_map(|rows| predictions.hours[rows].windows(2).map(|pair| pair[1] - pair[0]));
    median(steps.collect()).filter(|step| step.is_finite()).map_or(1.0, |step| step.clamp(0.0, LONGEST_STEP_HOURS))
}

fn onset_hour(predictions: &Predictions, rows: Range<usize>, usual_step: f64, onset: Onset) -> Option<f64> {
    let first = rows.clone().find(|&row| predictions.labels[row])?;
    if onset == Onset::SixHoursAfterFirstLabel {
        return Some(predictions.hours[first] + LABEL_LEADS_ONSET_HOURS);
    }
    let last = (first..rows.end).take_while(|&row| predictions.labels[row]).last()?;
    Some(predictions.hours[last] + usual_step)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let odd = values.len() % 2 == 1;
    let (below, &mut high, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let low = if odd { high } else { below.iter().copied().fold(f64::NEG_INFINITY, f64::max) };
    Some(f64::midpoint(low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREDICTIONS: Predictions = Predictions {
        patients: &[7, 7, 7, 7, 9, 9],
        hours: &[0.0, 1.0, 2.0, 3.0, 100.0, 101.0],
        labels: &[false, true, true, true, false, false],
        probabilities: &[0.9, 0.1, 0.9, 0.9, 0.9, 0.1],
    };

    #[test]
    fn by_hand() {
        let burden = alarm_burden(&PREDICTIONS, 0.5, Onset::EndOfFirstRun);
        assert_eq!(burden.patient_days, 0.25);
        assert_eq!(burden.alerts_per_100_patient_days, Some(1600.0));
        assert_eq!(burden.episodes_per_100_patient_days, Some(1200.0));
        assert_eq!(burden.false_alerts_per_true_alert, Some(1.0));
        assert_eq!(burden.median_lead_time_hours, Some(2.0));
        assert_eq!(burden.events_alerted_in_time, 1);
        let six_later = alarm_burden(&PREDICTIONS, 0.5, Onset::SixHoursAfterFirstLabel);
        assert_eq!(six_later.median_lead_time_hours, Some(5.0));
    }

    #[test]
    fn silence() {
        let burden = alarm_burden(&PREDICTIONS, 1.0, Onset::EndOfFirstRun);
        assert_eq!((burden.false_alerts_per_true_alert, burden.median_lead_time_hours), (None, None));
        let empty = Predictions { patients: &[], hours: &[], labels: &[], probabilities: &[] };
        assert_eq!(alarm_burden(&empty, 0.5, Onset::EndOfFirstRun).alerts_per_100_patient_days, None);
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
