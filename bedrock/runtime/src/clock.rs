//! What time it is, and who says so.
//!
//! The one place that asks the system. Everything else is handed a [`Clock`]: a run over yesterday's
//! data gives yesterday's numbers, and a test needs no sleep (fault 33: features that used today's
//! date gave other numbers when they were computed again).

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// Says what time it is.
pub trait Clock: Debug + Send + Sync {
    /// Microseconds since 1970-01-01T00:00:00Z.
    fn now_micros(&self) -> i64;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now_micros(&self) -> i64 {
        (**self).now_micros()
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system what time it is")]
    fn now_micros(&self) -> i64 {
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => micros(since),
            Err(before) => -micros(before.duration()),
        }
    }
}

/// Stands still until it is moved; for tests, and for runs that must be repeatable. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Fixed(Arc<AtomicI64>);

impl Fixed {
    /// Stands at this time, in microseconds since the epoch.
    pub fn at(micros: i64) -> Self {
        Self(Arc::new(AtomicI64::new(micros)))
    }

    /// Moves to this time, forwards or back.
    pub fn set(&self, micros: i64) {
        self.0.store(micros, Ordering::SeqCst);
    }

    /// Moves forwards.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(micros(by), Ordering::SeqCst);
    }
}

impl Clock for Fixed {
    fn now_micros(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_clock_moves_only_when_moved() {
        let clock = Fixed::at(1_000_000);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        assert_eq!(shared.now_micros(), 1_000_000);
        clock.advance(Duration::from_millis(1));
        assert_eq!(shared.now_micros(), 1_001_000);
        clock.set(-5);
        assert_eq!(shared.now_micros(), -5);
    }

    #[test]
    fn the_systems_clock_is_past_2020() {
        assert!(System.now_micros() > 1_577_836_800_000_000);
    }
}
