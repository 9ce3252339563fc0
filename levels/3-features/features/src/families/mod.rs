//! The families of features: one file each, in the order of the vector.

mod change;
mod derived;
mod labs;
mod last;
mod medications;
mod process;
mod scores;
mod statics;
mod windows_day;
mod windows_hour;
mod windows_six_hours;

use crate::feature::{FEATURE_COUNT, Feature, Group};
use crate::snapshot::Snapshot;

/// The one list that names them all.
const FAMILIES: [&[Feature]; 11] = [
    &last::FEATURES,
    &windows_hour::FEATURES,
    &windows_six_hours::FEATURES,
    &windows_day::FEATURES,
    &change::FEATURES,
    &process::FEATURES,
    &derived::FEATURES,
    &scores::FEATURES,
    &labs::FEATURES,
    &medications::FEATURES,
    &statics::FEATURES,
];

/// Every feature. A gap, a feature too many or one in the wrong place does not compile.
pub(crate) const fn all() -> [Feature; FEATURE_COUNT] {
    let mut all = [FAMILIES[0][0]; FEATURE_COUNT];
    let mut next = 0;
    let mut family = 0;
    while family < FAMILIES.len() {
        let mut member = 0;
        while member < FAMILIES[family].len() {
            all[next] = FAMILIES[family][member];
            assert!(all[next].index() == next, "a feature stands where its number says");
            next += 1;
            member += 1;
        }
        family += 1;
    }
    assert!(next == FEATURE_COUNT, "the families hold every feature");
    all
}

/// A feature that looks back as far as the record goes.
const fn feature(
    group: Group,
    number: u16,
    name: &'static str,
    unit: &'static str,
    sources: &'static [&'static str],
    description: &'static str,
    value: fn(&Snapshot) -> f64,
) -> Feature {
    Feature { number, name, group, window_hours: None, unit, sources, description, value }
}

impl Feature {
    const fn within(mut self, hours: f64) -> Self {
        self.window_hours = Some(hours);
        self
    }
}
