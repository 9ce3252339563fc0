//! The one definition of the vector, offline and online.

use strata_types::Timestamp;

use crate::feature::{FEATURE_COUNT, FEATURES};
use crate::snapshot::Snapshot;
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
    let snapshot = Snapshot::of(timeline, t);
    let mut vector = [f32::NAN; FEATURE_COUNT];
    for (slot, feature) in vector.iter_mut().zip(&FEATURES) {
        *slot = canonical((feature.value)(&snapshot));
    }
    vector
}

/// The vectors as of each of these times, in their order; each is what [`compute`] gives.
pub fn compute_many(timeline: &Timeline, times: &[Timestamp]) -> Vec<Vector> {
    times.iter().map(|t| compute(timeline, *t)).collect()
}

/// Null unless finite; adding zero turns -0 into 0.
fn canonical(value: f64) -> f32 {
    let value = value as f32;
    if value.is_finite() { value + 0.0 } else { f32::NAN }
}
