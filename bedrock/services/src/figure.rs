//! What a service counts, for people who look.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// One number that says how a service fares: a rate, a lag, a size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is, such as `events taken`.
    pub name: String,
    /// How much.
    pub value: f64,
    /// In what (UCUM): `1/s`, `s`, `By`, or empty for a count.
    pub unit: String,
}

impl Figure {
    /// A figure.
    pub fn new(name: &str, value: f64, unit: &str) -> Self {
        Self { name: name.to_owned(), value, unit: unit.to_owned() }
    }
}

/// What a rate is taken over.
const WINDOW: Duration = Duration::from_secs(10);
/// Two samples closer than this are one.
const STEP: Duration = Duration::from_millis(500);

/// Counts, and tells how many there were each second of late. Counting costs one atomic addition.
#[derive(Debug, Default)]
pub struct Meter {
    total: AtomicU64,
    samples: Mutex<VecDeque<(Instant, u64)>>,
}

impl Meter {
    /// Counts so many more.
    pub fn add(&self, number: u64) {
        self.total.fetch_add(number, Ordering::Relaxed);
    }

    /// All that were ever counted.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// How many there were each second over the last ten seconds; over the time since it was last asked, if that is
    /// longer. The first answer is 0.
    pub fn per_second(&self) -> f64 {
        self.per_second_at(Instant::now())
    }

    fn per_second_at(&self, now: Instant) -> f64 {
        let total = self.total();
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        // The oldest that is kept is the youngest that is as old as the window, or older.
        while samples.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= WINDOW) {
            samples.pop_front();
        }
        let rate = samples.front().map_or(0.0, |(at, before)| {
            let seconds = now.saturating_duration_since(*at).as_secs_f64();
            if seconds > 0.0 { total.saturating_sub(*before) as f64 / seconds } else { 0.0 }
        });
        if samples.back().is_none_or(|(at, _)| now.saturating_duration_since(*at) >= STEP) {
            samples.push_back((now, total));
        }
        rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_ten_seconds() {
        let (meter, began) = (Meter::default(), Instant::now());
        let at = |seconds: u64| began + Duration::from_secs(seconds);
        assert_eq!(meter.per_second_at(at(0)), 0.0);
        for second in 1..=30 {
            meter.add(if second <= 15 { 100 } else { 20 });
            let expected = match second {
                ..=15 => Some(100.0),
                26.. => Some(20.0),
                _ => None,
            };
            let rate = meter.per_second_at(at(second));
            assert!(expected.is_none_or(|expected| rate == expected), "{second}: {rate}");
        }
        assert_eq!(meter.total(), 15 * 100 + 15 * 20);
        // Asked again much later, it tells of the time since.
        meter.add(70);
        assert_eq!(meter.per_second_at(at(100)), 70.0 / 70.0);
    }
}
