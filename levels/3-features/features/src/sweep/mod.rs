//! A patient whose time goes on: the same snapshot, moved from one time to the next instead of made anew.
//!
//! Each row comes into a window once and leaves it once, so a step costs what changed and not what the windows hold.
//! [`Snapshot::of`] says what the snapshot is; that both agree to the last bit is a property test.

mod arrivals;
mod history;
mod labs;
mod medications;
mod vitals;

use std::borrow::Borrow;

use strata_types::{HOUR, Timestamp};

use crate::snapshot::Snapshot;
use crate::timeline::{AdverseEvent, Timeline};
use arrivals::{Arrivals, Tail};
use labs::Results;
use medications::Doses;
use vitals::Signs;

/// A snapshot of a timeline, and what it takes to move it on.
#[derive(Debug)]
pub(crate) struct Sweep<T> {
    timeline: T,
    snapshot: Snapshot,
    signs: Signs,
    results: Results,
    doses: Doses,
    events: Events,
}

impl<T: Borrow<Timeline>> Sweep<T> {
    /// Before anything happened.
    pub(crate) fn new(timeline: T) -> Self {
        let of: &Timeline = timeline.borrow();
        Self {
            snapshot: Snapshot::none(of.patient),
            signs: Signs::new(&of.vitals),
            results: Results::new(&of.labs),
            doses: Doses::new(&of.medications),
            events: Events { arrivals: Arrivals::new(&of.adverse_events), recent: Tail::default() },
            timeline,
        }
    }

    /// The patient as of t, which is not before the last one.
    pub(crate) fn at(&mut self, t: Timestamp) -> &Snapshot {
        debug_assert!(t >= self.snapshot.t, "a sweep goes forward");
        let timeline: &Timeline = self.timeline.borrow();
        self.snapshot.t = t;
        self.signs.advance(&timeline.vitals, &mut self.snapshot);
        self.results.advance(&timeline.labs, t, &mut self.snapshot.labs);
        self.doses.advance(&timeline.medications, t, &mut self.snapshot.medications);
        self.events.advance(&timeline.adverse_events, t, &mut self.snapshot.adverse_events_72h);
        &self.snapshot
    }
}

/// The adverse events of the last three days.
#[derive(Debug)]
struct Events {
    arrivals: Arrivals,
    recent: Tail,
}

impl Events {
    fn advance(&mut self, rows: &[AdverseEvent], t: Timestamp, count: &mut u32) {
        self.recent.advance(rows, &self.arrivals, t - 72 * HOUR, |_, _| *count -= 1);
        self.arrivals.advance(rows, t, |_, index, _| *count += u32::from(self.recent.holds(index)));
    }
}
