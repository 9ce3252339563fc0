//! Chance: one seeded stream of numbers for each purpose of each patient.
//!
//! Purposes have streams of their own so that more dirt does not change who falls ill.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of numbers decides.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Who the patient is.
    Person,
    /// When the patient falls ill.
    Path,
    /// What is measured and given.
    Care,
    /// What goes wrong on the way.
    Dirt,
}

/// A stream of random numbers that depends on the seed, the patient and the purpose alone.
#[derive(Debug)]
pub(super) struct Dice {
    numbers: ChaCha8Rng,
    spare: Option<f64>,
}

impl Dice {
    pub(super) fn new(seed: u64, patient: u32, purpose: Purpose) -> Self {
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream(u64::from(patient) * 4 + purpose as u64);
        Self { numbers, spare: None }
    }

    /// Uniform in `low..high`.
    pub(super) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.numbers.random::<f64>()
    }

    /// A whole number from `low` to `high`, both included.
    pub(super) fn whole(&mut self, low: u32, high: u32) -> u32 {
        self.numbers.random_range(low..=high)
    }

    /// Whole seconds from `low` to `high`, as microseconds.
    pub(super) fn seconds(&mut self, low: u32, high: u32) -> i64 {
        i64::from(self.whole(low, high)) * 1_000_000
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.numbers.random::<f64>() < probability
    }

    /// Normal, by Box and Muller's transform, which gives two at a time.
    pub(super) fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let standard = self.spare.take().unwrap_or_else(|| {
            let radius = (-2.0 * (1.0 - self.numbers.random::<f64>()).ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * self.numbers.random::<f64>()).sin_cos();
            self.spare = Some(radius * sin);
            radius * cos
        });
        mean + deviation * standard
    }

    /// One of a few, each as often as its weight says.
    pub(super) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.uniform(0.0, weights.iter().sum());
        weights
            .iter()
            .position(|weight| {
                left -= weight;
                left < 0.0
            })
            .unwrap_or(weights.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_are_normal() {
        let mut dice = Dice::new(1, 2, Purpose::Care);
        let numbers: Vec<f64> = (0..20_000).map(|_| dice.normal(3.0, 2.0)).collect();
        let mean = numbers.iter().sum::<f64>() / 20_000.0;
        let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - 3.0).abs() < 0.05 && (variance - 4.0).abs() < 0.2, "{mean} {variance}");
    }

    #[test]
    fn streams_are_apart() {
        let first = |seed, patient, purpose| Dice::new(seed, patient, purpose).uniform(0.0, 1.0);
        let all = [
            first(1, 0, Purpose::Care),
            first(1, 1, Purpose::Care),
            first(1, 0, Purpose::Dirt),
            first(2, 0, Purpose::Care),
        ];
        assert!((1..all.len()).all(|i| all[..i].iter().all(|other| *other != all[i])), "{all:?}");
        assert_eq!(first(7, 7, Purpose::Path), first(7, 7, Purpose::Path));
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(3, 3, Purpose::Path);
        let hits = (0..10_000).filter(|_| dice.weighted(&[1.0, 0.0, 3.0]) == 2).count();
        assert!((7_300..7_700).contains(&hits), "{hits}");
    }
}
