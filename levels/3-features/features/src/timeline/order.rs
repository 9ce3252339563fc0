//! The one order of a timeline's rows, down to their last bit: two stores that hold the same rows hold the same timeline.

use std::cmp::Ordering;

use super::{AdverseEvent, Dose, Lab, Vitals};

impl Vitals {
    /// By time, then by when it became known; rows that share both by what they say.
    pub fn order(&self, other: &Self) -> Ordering {
        (self.time, self.available_at).cmp(&(other.time, other.available_at)).then_with(|| {
            let said = |row: &Self| (row.consciousness_altered, row.on_oxygen);
            let signs = self.signs.iter().zip(&other.signs).map(|(a, b)| a.total_cmp(b));
            signs
                .fold(Ordering::Equal, Ordering::then)
                .then(self.quality.total_cmp(&other.quality))
                .then_with(|| said(self).cmp(&said(other)))
        })
    }
}

impl Lab {
    /// By time, then by when it became known; rows that share both by what they say.
    pub fn order(&self, other: &Self) -> Ordering {
        (self.time, self.available_at).cmp(&(other.time, other.available_at)).then_with(|| {
            let range = |row: &Self| row.reference.map(|(low, high)| [low, high]);
            (self.variable.cmp(&other.variable))
                .then(self.value.total_cmp(&other.value))
                .then_with(|| optional(range(self).as_ref(), range(other).as_ref()))
        })
    }
}

impl Dose {
    /// By time, then by when it became known; rows that share both by what they say.
    pub fn order(&self, other: &Self) -> Ordering {
        (self.time, self.available_at).cmp(&(other.time, other.available_at)).then_with(|| {
            let said = |row: &Self| {
                (row.drug.map(|drug| drug.name), row.class.map(|class| class.0), row.effect as u8, row.end)
            };
            let rate = |row: &Self| row.rate.map(|rate| [rate]);
            said(self).cmp(&said(other)).then_with(|| optional(rate(self).as_ref(), rate(other).as_ref()))
        })
    }
}

impl AdverseEvent {
    /// By onset, then by when it was reported; rows that share both by what they say.
    pub fn order(&self, other: &Self) -> Ordering {
        let said = |row: &Self| (row.onset, row.reported_at, row.resolved_at, row.grade);
        said(self).cmp(&said(other))
    }
}

/// None first, then number by number.
fn optional<const N: usize>(a: Option<&[f64; N]>, b: Option<&[f64; N]>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).fold(Ordering::Equal, Ordering::then),
        _ => a.is_some().cmp(&b.is_some()),
    }
}
