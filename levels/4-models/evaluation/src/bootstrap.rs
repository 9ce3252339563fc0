//! Resampling of patients: rows of one patient are alike, so drawing rows would give intervals that are too narrow.
//!
//! The rows are sorted once. A replicate draws how often each patient counts, and a weighted pass over the
//! sorted rows gives its measures: no replicate copies or sorts anything.

mod sorted;
pub(crate) use sorted::{Areas, Sorted};

mod binned;
pub(crate) use binned::Binned;

use crate::{Estimate, Interval, Predictions};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Fewer replicates than this say nothing about a 95 % interval.
const FEWEST: usize = 20;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Bootstrap {
    pub(crate) patients: usize,
    pub(crate) replicates: u32,
    pub(crate) seed: u64,
}

impl Bootstrap {
    /// What `measure` gives for each replicate; it receives how often each patient was drawn.
    ///
    /// Every replicate has its own stream of random numbers, so threads cannot change the result.
    pub(crate) fn map<T: Send>(self, measure: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
        let patients = self.patients as u32;
        let draw = |drawn: &mut Vec<u32>, replicate: u32| {
            drawn.fill(0);
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(u64::from(replicate));
            for _ in 0..patients {
                drawn[random.random_range(0..patients) as usize] += 1;
            }
            measure(drawn)
        };
        let replicates = if patients == 0 { 0 } else { self.replicates };
        (0..replicates).into_par_iter().map_init(|| vec![0; self.patients], draw).collect()
    }
}

/// The value with the 2.5 and 97.5 % points of its replicates; those that had one class are left out.
pub(crate) fn estimate(value: Option<f64>, replicates: impl Iterator<Item = Option<f64>>) -> Option<Estimate> {
    value.map(|value| Estimate { value, interval: interval(replicates) })
}

pub(crate) fn interval(replicates: impl Iterator<Item = Option<f64>>) -> Option<Interval> {
    let mut values: Vec<f64> = replicates.flatten().collect();
    if values.len() < FEWEST {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (values.len() - 1) as f64;
        let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
        low + (high - low) * place.fract()
    };
    Some(Interval { low: at(0.025), high: at(0.975) })
}

/// For each row its patient, numbered from 0 in the order of appearance.
pub(crate) fn dense_patients(predictions: &Predictions) -> Vec<u32> {
    let mut dense = Vec::with_capacity(predictions.rows());
    for (patient, rows) in (0..).zip(predictions.by_patient()) {
        dense.resize(rows.end, patient);
    }
    dense
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_do_not_matter() {
        let bootstrap = Bootstrap { patients: 50, replicates: 40, seed: 3 };
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
        let draw = || bootstrap.map(<[u32]>::to_vec);
        assert_eq!(one.install(draw), draw());
        assert!(draw().iter().all(|drawn| drawn.iter().sum::<u32>() == 50));
        assert_ne!(draw()[0], draw()[1]);
    }

    #[test]
    fn quantiles() {
        let interval = interval((0..=200).map(|i| Some(f64::from(i)))).expect("enough");
        assert_eq!((interval.low, interval.high), (5.0, 195.0));
        assert_eq!(super::interval((0..10).map(|i| Some(f64::from(i)))), None);
    }
}
