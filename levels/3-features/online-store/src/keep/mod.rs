//! What of the old rows a vector can still see: one kind of rows a file.
//!
//! Derived from the definitions in `strata_features::families`, and held to them by a property test: whatever is let go,
//! [`strata_features::compute`] gives the same bits. A new definition that looks further back fails that test.

mod adverse_events;
mod labs;
mod medications;
mod vitals;

use strata_types::HOUR;

/// A day, the longest window in which rows of most kinds count one by one.
const DAY: i64 = 24 * HOUR;

/// The newest row stays in any case: it says how fresh the record is.
fn with_newest(mut keep: Vec<bool>) -> Vec<bool> {
    if let Some(newest) = keep.last_mut() {
        *newest = true;
    }
    keep
}
