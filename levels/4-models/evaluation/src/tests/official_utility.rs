//! The fast utility beside a plain transcription of the challenge's scorer: per patient, per hour, case by case.

use crate::Predictions;
use crate::utility::{best_threshold, normalised_utility};
use proptest::prelude::*;

fn utility_of_patient(labels: &[bool], alerts: &[bool]) -> f64 {
    let septic = labels.contains(&true);
    let onset = labels.iter().position(|&label| label).map_or(f64::INFINITY, |first| first as f64 + 6.0);
    let (m1, b1) = (1.0 / 6.0, 12.0 / 6.0);
    let (m2, b2) = (-1.0 / 9.0, 3.0 / 9.0);
    let (m3, b3) = (-2.0 / 9.0, -12.0 / 9.0);
    let mut sum = 0.0;
    for (t, &alert) in alerts.iter().enumerate() {
        let t = t as f64;
        if t <= onset + 3.0 {
            sum += match (septic, alert) {
                (true, true) if t <= onset - 6.0 => f64::max(m1 * (t - onset) + b1, -0.05),
                (true, true) => m2 * (t - onset) + b2,
                (true, false) if t <= onset - 6.0 => 0.0,
                (true, false) => m3 * (t - onset) + b3,
                (false, true) => -0.05,
                (false, false) => 0.0,
            };
        }
    }
    sum
}

fn best_alerts(labels: &[bool]) -> Vec<bool> {
    let mut best = vec![false; labels.len()];
    if let Some(first) = labels.iter().position(|&label| label) {
        let onset = first + 6;
        best[onset.saturating_sub(12)..(onset + 4).min(labels.len())].fill(true);
    }
    best
}

fn official(predictions: &Predictions, threshold: f32) -> Option<f64> {
    let (mut observed, mut best, mut inaction) = (0.0, 0.0, 0.0);
    for rows in predictions.by_patient() {
        let labels = &predictions.labels[rows.clone()];
        let alerts: Vec<bool> = predictions.probabilities[rows].iter().map(|&p| p >= threshold).collect();
        observed += utility_of_patient(labels, &alerts);
        best += utility_of_patient(labels, &best_alerts(labels));
        inaction += utility_of_patient(labels, &vec![false; labels.len()]);
    }
    (best > inaction).then(|| (observed - inaction) / (best - inaction))
}

/// The example in the scorer's own documentation.
#[test]
fn the_documented_example() {
    let labels = [false, false, false, false, true, true];
    let alerts = [false, false, true, true, true, true];
    assert!((utility_of_patient(&labels, &alerts) - 3.388_888_888_888_889).abs() < 1e-12);
}

#[derive(Clone, Debug)]
struct Rows {
    patients: Vec<u32>,
    hours: Vec<f64>,
    labels: Vec<bool>,
    probabilities: Vec<f32>,
}

impl Rows {
    fn predictions(&self) -> Predictions<'_> {
        Predictions {
            patients: &self.patients,
            hours: &self.hours,
            labels: &self.labels,
            probabilities: &self.probabilities,
        }
    }
}

/// A stay, where the label begins if it does, and how coarse the probabilities are (coarse ones tie).
fn patients() -> impl Strategy<Value = Rows> {
    let patient = (1_usize..60, prop::option::of(0_usize..60), prop::collection::vec(0_u8..30, 60));
    prop::collection::vec(patient, 1..20).prop_map(|patients| {
        let mut rows = Rows { patients: vec![], hours: vec![], labels: vec![], probabilities: vec![] };
        for (patient, (stay, begins, points)) in (0..).zip(patients) {
            for (hour, points) in points.iter().enumerate().take(stay) {
                rows.patients.push(patient);
                rows.hours.push(hour as f64);
                rows.labels.push(begins.is_some_and(|begins| hour >= begins));
                rows.probabilities.push(f32::from(*points) / 30.0);
            }
        }
        rows
    })
}

fn close(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9,
        (None, None) => true,
        _ => false,
    }
}

proptest! {
    #[test]
    fn equals_the_official_scorer(rows in patients(), threshold in 0.0_f32..1.1) {
        let predictions = rows.predictions();
        prop_assert!(close(normalised_utility(&predictions, threshold), official(&predictions, threshold)));
    }

    #[test]
    fn no_threshold_beats_the_best(rows in patients()) {
        let predictions = rows.predictions();
        let Some((threshold, utility)) = best_threshold(&predictions) else { return Ok(()) };
        prop_assert!(close(Some(utility), normalised_utility(&predictions, threshold)));
        for other in 0..=31_u8 {
            let other = normalised_utility(&predictions, f32::from(other) / 30.0);
            prop_assert!(other.is_some_and(|other| other <= utility + 1e-9));
        }
    }

    #[test]
    fn perfection_is_one_and_inaction_zero(rows in patients()) {
        let mut perfect = rows.clone();
        for range in rows.predictions().by_patient() {
            for (row, alert) in range.clone().zip(best_alerts(&rows.labels[range])) {
                perfect.probabilities[row] = f32::from(u8::from(alert));
            }
        }
        if rows.labels.contains(&true) {
            prop_assert!(close(normalised_utility(&perfect.predictions(), 0.5), Some(1.0)));
            prop_assert_eq!(normalised_utility(&rows.predictions(), 2.0), Some(0.0));
        } else {
            prop_assert_eq!(normalised_utility(&rows.predictions(), 0.5), None);
            prop_assert_eq!(best_threshold(&rows.predictions()), None);
        }
    }
}
