//! Patients who wait to be read anew from silver, and when it is their turn.

use std::sync::Arc;
use std::time::Duration;

use strata_online_store::Marks;
use tokio::time::Instant;

/// Somebody of whom late records come and come is read anew when none has come for so long,
const QUIET: Duration = Duration::from_secs(3);
/// or after so long at the latest.
const LONGEST: Duration = Duration::from_mins(1);

/// Somebody who waits to be read anew.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// What silver must have read before.
    pub(crate) marks: Arc<Marks>,
    since: Instant,
    /// What the store had read when a record came late last.
    pub(crate) late: Arc<Marks>,
    last: Instant,
}

impl Waiting {
    /// From now on, when the store has read so far.
    pub(crate) fn since(marks: &Arc<Marks>) -> Self {
        let now = Instant::now();
        Self { marks: Arc::clone(marks), since: now, late: Arc::clone(marks), last: now }
    }

    /// Something came late again.
    pub(crate) fn again(&mut self, now: &Self) {
        (self.late, self.last) = (Arc::clone(&now.late), now.last);
    }

    /// Was read anew, but waits on for what came late since.
    pub(crate) fn on(&mut self, marks: &Arc<Marks>) {
        (self.marks, self.since) = (Arc::clone(marks), Instant::now());
    }

    /// Whether it is worth reading them anew now.
    pub(crate) fn is_due(&self) -> bool {
        self.last.elapsed() >= QUIET || self.since.elapsed() >= LONGEST
    }
}
