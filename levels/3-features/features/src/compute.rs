//! The one definition of the vector, offline and online.

use strata_types::Timestamp;

use crate::families::all;
use crate::feature::FEATURE_COUNT;
use crate::snapshot::Snapshot;
use crate::sweep::Sweep;
use crate::timeline::Timeline;

/// The features in the order of [`FEATURES`](crate::FEATURES). NaN is null: not computable.
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

/// A patient whose time goes on: for whoever wants some vectors now and later ones later, and not the rows looked at again.
#[derive(Debug)]
pub struct Walk(Box<Sweep<Timeline>>);

impl Walk {
    /// Before anything happened. The timeline must be [sorted](Timeline::sort).
    pub fn new(timeline: Timeline) -> Self {
        debug_assert!(timeline.is_sorted(), "the timeline is not sorted by time");
        Self(Box::new(Sweep::new(timeline)))
    }

    /// The vector as of t, which is not before the last one: what [`compute`] gives, to the last bit.
    pub fn at(&mut self, t: Timestamp) -> Vector {
        vector(self.0.at(t))
    }
}

/// Calls the definitions one after the other by their places, so that the compiler sees what it calls: through the table
/// of [`FEATURES`](crate::FEATURES) every one of them would be a jump into the dark.
macro_rules! values {
    ($snapshot:ident: $($place:literal)*) => { [$((const { all()[$place].value })($snapshot)),*] };
}

fn vector(snapshot: &Snapshot) -> Vector {
    #[rustfmt::skip]
    let values: [f64; FEATURE_COUNT] = values!(snapshot:
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19
        20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39
        40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59
        60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79
        80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99
        100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119
    );
    values.map(canonical)
}

/// Null unless finite; adding zero turns -0 into 0.
fn canonical(value: f64) -> f32 {
    let value = value as f32;
    if value.is_finite() { value + 0.0 } else { f32::NAN }
}
