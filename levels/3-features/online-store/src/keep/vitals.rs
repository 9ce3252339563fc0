//! Readings: the last day counts; before it, the newest value of each sign, and the newest word on oxygen and mind.

use std::cmp::Ordering;

use strata_features::sign::{self, FIO2, GCS};
use strata_features::{Timeline, Vitals};
use strata_types::Timestamp;

use super::{DAY, with_newest};
use crate::part::Kind;

impl Kind for Vitals {
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

    fn keep(old: &[Self], _: Timestamp) -> Vec<bool> {
        let mut keep = vec![false; old.len()];
        let (mut signs, mut oxygen, mut mind) = ([true; sign::COUNT], true, true);
        for (kept, row) in keep.iter_mut().zip(old).rev() {
            for (wanted, _) in signs.iter_mut().zip(&row.signs).filter(|(_, value)| !value.is_nan()) {
                *kept |= std::mem::take(wanted);
            }
            if row.on_oxygen.is_some() || !row.signs[FIO2].is_nan() {
                *kept |= std::mem::take(&mut oxygen);
            }
            if row.consciousness_altered.is_some() || !row.signs[GCS].is_nan() {
                *kept |= std::mem::take(&mut mind);
            }
        }
        with_newest(keep)
    }

    fn of(timeline: &mut Timeline) -> &mut Vec<Self> {
        &mut timeline.vitals
    }
}
