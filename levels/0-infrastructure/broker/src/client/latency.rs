//! How long records take from being sent to being acknowledged, without keeping each of them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Steps in a doubling: a quantile is told to a fifth.
const STEPS: f64 = 4.0;
/// Up to 2^32 microseconds, more than an hour.
const BUCKETS: usize = 128;

/// Counts by duration, in steps that grow with it.
#[derive(Debug)]
pub(super) struct Latencies([AtomicU64; BUCKETS]);

impl Default for Latencies {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Latencies {
    pub(super) fn count(&self, latency: Duration) {
        let micros = latency.as_micros().max(1) as f64;
        let bucket = (micros.log2() * STEPS) as usize;
        self.0[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
    }

    /// The time within which this share of them was done, rounded up by a fifth at most; `None` if there was none.
    pub(super) fn quantile(&self, share: f64) -> Option<Duration> {
        let counts = self.0.each_ref().map(|count| count.load(Ordering::Relaxed));
        let all: u64 = counts.iter().sum();
        let wanted = (all as f64 * share).ceil().max(1.0) as u64;
        let mut so_far = 0;
        let bucket = counts.iter().position(|count| {
            so_far += count;
            so_far >= wanted
        })?;
        Some(Duration::from_secs_f64(((bucket + 1) as f64 / STEPS).exp2() / 1e6))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn of_nothing_there_is_no_quantile() {
        assert_eq!(Latencies::default().quantile(0.5), None);
    }

    proptest! {
        #[test]
        fn a_quantile_is_right_to_a_fifth(micros in prop::collection::vec(1_u64..100_000_000, 1..300), share in 0.0..=1.0_f64) {
            let latencies = Latencies::default();
            for micros in &micros {
                latencies.count(Duration::from_micros(*micros));
            }
            let mut sorted: Vec<u64> = micros;
            sorted.sort_unstable();
            let place = ((sorted.len() as f64 * share).ceil().max(1.0) as usize).min(sorted.len());
            let exact = sorted[place - 1] as f64 / 1e6;
            let told = latencies.quantile(share).unwrap().as_secs_f64();
            prop_assert!(told >= exact * 0.999 && told <= exact * 1.2, "{told} {exact}");
        }
    }
}
