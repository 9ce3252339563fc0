//! How the feed goes, for those who look.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use strata_online_store::Marks;

/// How it goes. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    stats: Stats,
    alive: Option<Instant>,
}

/// What is counted.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Records that were read from the log.
    pub records: u64,
    /// Patients who were read anew from silver.
    pub repaired: u64,
    /// Patients who wait for that.
    pub waiting: u64,
    /// What it is doing before it follows; `None` while it follows.
    pub doing: Option<String>,
    /// How far it has read; `None` before it follows.
    pub marks: Option<Marks>,
    /// Since it last looked at the log.
    pub since_look: Option<Duration>,
}

impl Meter {
    /// As of now.
    pub fn stats(&self) -> Stats {
        let inner = self.lock();
        Stats { since_look: inner.alive.map(|alive| alive.elapsed()), ..inner.stats.clone() }
    }

    /// Whether the store has everything that silver has, and follows the log.
    pub fn follows(&self) -> bool {
        let inner = self.lock();
        inner.stats.doing.is_none() && inner.stats.marks.is_some()
    }

    pub(crate) fn begin(&self, doing: &str) {
        let mut inner = self.lock();
        (inner.stats.doing, inner.stats.marks) = (Some(doing.to_owned()), None);
    }

    pub(crate) fn looked(&self) {
        self.lock().alive = Some(Instant::now());
    }

    pub(crate) fn took(&self, records: u64, marks: &Marks) {
        let mut inner = self.lock();
        inner.stats.records += records;
        (inner.stats.doing, inner.stats.marks) = (None, Some(marks.clone()));
    }

    pub(crate) fn repaired(&self, patients: u64) {
        self.lock().stats.repaired += patients;
    }

    pub(crate) fn waiting(&self, patients: u64) {
        self.lock().stats.waiting = patients;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that can panic runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
