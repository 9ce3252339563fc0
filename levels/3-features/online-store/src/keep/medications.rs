//! Doses: the last day counts; before it, vasopressors that may still run, and the newest that was given.
//!
//! An infusion whose end nobody charted counts for a day at most, so an old one has ended.

use std::cmp::Ordering;

use strata_features::{Dose, Timeline};
use strata_types::Timestamp;
use strata_types::drug::Effect;

use super::{DAY, with_newest};
use crate::part::Kind;

impl Kind for Dose {
    const WINDOW: i64 = DAY;

    fn place(&self) -> (Timestamp, u8) {
        (self.time, 0)
    }

    fn known(&self) -> Timestamp {
        self.available_at
    }

    fn order(&self, other: &Self) -> Ordering {
        Self::order(self, other)
    }

    fn keep(old: &[Self], t: Timestamp) -> Vec<bool> {
        let mut keep = vec![false; old.len()];
        let mut newest = true;
        // A rate of 0 gives nothing; it only ends what ran before.
        for (kept, row) in keep.iter_mut().zip(old).rev().filter(|(_, row)| row.rate != Some(0.0)) {
            let runs = row.effect == Effect::Vasopressor && row.end.is_some_and(|end| end > t);
            *kept = std::mem::take(&mut newest) || runs;
        }
        with_newest(keep)
    }

    fn of(timeline: &mut Timeline) -> &mut Vec<Self> {
        &mut timeline.medications
    }
}
