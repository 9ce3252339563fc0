//! Adverse events: the last three days count.

use std::cmp::Ordering;

use strata_features::{AdverseEvent, Timeline};
use strata_types::Timestamp;

use super::{DAY, with_newest};
use crate::part::Kind;

impl Kind for AdverseEvent {
    const WINDOW: i64 = 3 * DAY;

    fn place(&self) -> (Timestamp, u8) {
        (self.onset, 0)
    }

    fn known(&self) -> Timestamp {
        self.reported_at
    }

    fn order(&self, other: &Self) -> Ordering {
        Self::order(self, other)
    }

    fn keep(old: &[Self], _: Timestamp) -> Vec<bool> {
        with_newest(vec![false; old.len()])
    }

    fn of(timeline: &mut Timeline) -> &mut Vec<Self> {
        &mut timeline.adverse_events
    }
}
