//! A simulated test set in the shape of `PhysioNet` 2019: hourly rows, rare events, risks that rise before them.

use crate::metrics::sigmoid;
use crate::{Predictions, Subject};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[derive(Debug, Default)]
pub(crate) struct Hospital {
    pub(crate) patients: Vec<u32>,
    pub(crate) hours: Vec<f64>,
    pub(crate) labels: Vec<bool>,
    pub(crate) probabilities: Vec<f32>,
    pub(crate) news2: Vec<f32>,
    pub(crate) logistic: Vec<f32>,
    pub(crate) masked: Vec<f32>,
    pub(crate) subjects: Vec<Subject>,
}

impl Hospital {
    pub(crate) fn new(patients: u32, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut hospital = Self::default();
        for patient in 0..patients {
            hospital.admit(patient, &mut random);
        }
        hospital
    }

    /// The label of a row is true from six hours before an onset whose hazard follows the latent course.
    fn admit(&mut self, patient: u32, random: &mut ChaCha8Rng) {
        let frailty = normal(random);
        let stay = (39.0 + 14.0 * normal(random)).clamp(8.0, 120.0) as usize;
        let mut course = vec![0.0; stay + 6];
        for hour in 1..course.len() {
            course[hour] = 0.93 * course[hour - 1] + 0.4 * normal(random);
        }
        let hazard = |hour: usize| (-7.1 + 0.9 * frailty + 1.2 * course[hour]).exp().min(0.5);
        let onset = (6..course.len()).find(|&hour| random.random_bool(hazard(hour)));
        let stay = onset.map_or(stay, |onset| stay.min(onset + 4));
        let suspicion = 0.9 * normal(random);
        for (hour, course) in course.iter().enumerate().take(stay) {
            let label = onset.is_some_and(|onset| hour + 6 >= onset);
            let noticed = if label { 0.9 + suspicion } else { 0.0 };
            let truth = -4.55 + 0.93 * frailty + 1.18 * course + 0.62 * noticed;
            self.patients.push(patient);
            self.hours.push(hour as f64);
            self.labels.push(label);
            self.probabilities.push(sigmoid(0.2 + 1.26 * truth + 0.2 * normal(random)) as f32);
            self.masked.push(sigmoid(1.26 * truth - 0.3 * noticed + 0.4 * normal(random)) as f32);
            self.logistic.push(sigmoid(-4.2 + 0.55 * (truth + 4.55) + 0.6 * normal(random)) as f32);
            let points = (0.7 * (truth + 4.55) + 1.6 * normal(random) + 4.0).clamp(0.0, 20.0).floor();
            self.news2.push(if hour == 0 { f32::NAN } else { points as f32 });
        }
        let age = 62.0 + 16.0 * normal(random);
        let mut pick = |values: &[&str]| Some(values[random.random_range(0..values.len())].to_owned());
        self.subjects.push(Subject {
            sex: pick(&["female", "male"]),
            age_years: Some(age.clamp(16.0, 95.0) as f32),
            unit: pick(&["MICU", "MICU", "SICU", "CCU", "Burns & <trauma>"]),
            site: pick(&["A"]),
        });
    }

    pub(crate) fn predictions(&self) -> Predictions<'_> {
        Predictions {
            patients: &self.patients,
            hours: &self.hours,
            labels: &self.labels,
            probabilities: &self.probabilities,
        }
    }
}

/// Near enough to a standard normal: the sum of twelve uniform numbers.
fn normal(random: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| random.random_range(-0.5..0.5)).sum()
}
