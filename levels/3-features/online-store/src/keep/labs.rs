//! Results: the last day counts; of the last week, the newest of each variable and whatever may yet be the least
//! creatinine; before it, the newest of all.

use std::cmp::Ordering;

use strata_features::{Lab, Timeline};
use strata_types::{Timestamp, VARIABLES};

use super::{DAY, with_newest};
use crate::part::Kind;

const WEEK: i64 = 7 * DAY;

impl Kind for Lab {
    const WINDOW: i64 = DAY;

    fn place(&self) -> (Timestamp, u8) {
        (self.time, self.variable)
    }

    fn known(&self) -> Timestamp {
        self.available_at
    }

    fn order(&self, other: &Self) -> Ordering {
        Self::order(self, other)
    }

    fn keep(old: &[Self], t: Timestamp) -> Vec<bool> {
        let mut keep = vec![false; old.len()];
        let (mut newest, mut seen) = (true, [false; VARIABLES.len()]);
        let mut least_creatinine = f64::INFINITY;
        for (kept, row) in keep.iter_mut().zip(old).rev().filter(|(_, row)| !row.value.is_nan()) {
            *kept |= std::mem::take(&mut newest);
            if row.time <= t - WEEK {
                break;
            }
            if let Some(seen) = seen.get_mut(usize::from(row.variable)) {
                *kept |= !std::mem::replace(seen, true);
            }
            // A lower one that is newer outlives it.
            if is_creatinine(row.variable) && row.value < least_creatinine {
                least_creatinine = row.value;
                *kept = true;
            }
        }
        with_newest(keep)
    }

    fn of(timeline: &mut Timeline) -> &mut Vec<Self> {
        &mut timeline.labs
    }
}

fn is_creatinine(variable: u8) -> bool {
    VARIABLES.get(usize::from(variable)).is_some_and(|variable| variable.name == "creatinine")
}
