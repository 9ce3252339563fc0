//! The one definition of the vector, offline and online.

use strata_types::Timestamp;

use crate::feature::{FEATURE_COUNT, FEATURES};
use crate::snapshot::Snapshot;
use crate::sweep::Sweep;
use crate::timeline::Timeline;

/// The features in the order of [`FEATURES`]. NaN is null: not computable.
///
/// There is one NaN and one zero, so equal vectors have equal bytes.
pub type Vector = [f32; FEATURE_COUNT];

/// The vector as of t: from what happened by t and was known by t.
///
/// The timeline must be [sorted](Timeline::sort). No clock is read: a backfill gives the numbers
/// of the original run.
pub fn compute(timeline: &Timeline, t: Timestamp) -> Vector {
    debug_assert!(timeline.is_sorted(), "the timeline is not sorted by time");
    vector(&Snapshot::of(timeline, t))
}

/// From how many times on moving along pays: it looks at every row once, and [`compute`] at the windows' rows.
const MANY: usize = 4;

/// The vectors as of each of these times, in their order; each is what [`compute`] gives, to the last bit.
///
/// The windows slide over the timeline: what a vector costs does not depend on how much they hold.
pub fn compute_many(timeline: &Timeline, times: &[Timestamp]) -> Vec<Vector> {
    if times.len() < MANY {
        return times.iter().map(|t| compute(timeline, *t)).collect();
    }
    debug_assert!(timeline.is_sorted(), "the timeline is not sorted by time");
    let mut sweep = Sweep::new(timeline);
    if times.is_sorted() {
        return times.iter().map(|t| vector(sweep.at(*t))).collect();
    }
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by_key(|index| times[*index]);
    let mut vectors = vec![[f32::NAN; FEATURE_COUNT]; times.len()];
    for index in order {
        vectors[index] = vector(sweep.at(times[index]));
    }
    vectors
}

fn vector(snapshot: &Snapshot) -> Vector {
    let mut values = [f64::NAN; FEATURE_COUNT];
    for (slot, feature) in values.iter_mut().zip(&FEATURES) {
        *slot = (feature.value)(snapshot);
    }
    values.map(canonical)
}

/// Null unless finite; adding zero turns -0 into 0.
fn canonical(value: f64) -> f32 {
    let value = value as f32;
    if value.is_finite() { value + 0.0 } else { f32::NAN }
}
