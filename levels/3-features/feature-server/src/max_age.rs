//! How old what a feature is made of may be before the feature is no longer given.

use std::str::FromStr;

use strata_features::{FEATURE_COUNT, FEATURES, Feature};
use strata_types::HOUR;

/// The time to live of each feature: its window, where it has one, and what the operator says beside it.
///
/// A window needs no other limit: what is older than it is not in it. A value without one, such as the last heart rate, is
/// as old as the record is, and only whoever uses it knows how long it may be looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxAges([Option<i64>; FEATURE_COUNT]);

/// A text that is no time to live.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time to live: write `FEATURE=HOURS`, or `*=HOURS` for every feature without one of its own")]
pub struct InvalidMaxAge(String);

impl Default for MaxAges {
    /// The definitions' own.
    fn default() -> Self {
        let mut ages = [None; FEATURE_COUNT];
        for (age, feature) in ages.iter_mut().zip(&FEATURES) {
            *age = feature.window_hours.map(micros);
        }
        Self(ages)
    }
}

impl MaxAges {
    /// The definitions' own, shortened by these; `*` is for those that have none.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidMaxAge> {
        let mut ages = Self::default();
        let mut others = None;
        for text in texts {
            let invalid = || InvalidMaxAge(text.to_owned());
            let (name, hours) = text.split_once('=').ok_or_else(invalid)?;
            let hours = f64::from_str(hours.trim()).ok().filter(|hours| *hours > 0.0 && *hours < 1e6);
            let age = micros(hours.ok_or_else(invalid)?);
            match name.trim() {
                "*" => others = Some(age),
                name => {
                    let feature = Feature::by_name(name).ok_or_else(invalid)?;
                    let own = &mut ages.0[feature.index()];
                    *own = Some(own.map_or(age, |own| own.min(age)));
                }
            }
        }
        for age in &mut ages.0 {
            *age = age.or(others);
        }
        Ok(ages)
    }

    /// The time to live of a feature, in microseconds; `None` if it lives for ever.
    pub(crate) fn of_feature(&self, index: usize) -> Option<i64> {
        self.0[index]
    }
}

fn micros(hours: f64) -> i64 {
    (hours * HOUR as f64).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(texts: &[&str], name: &str) -> Option<i64> {
        let ages = MaxAges::of(texts.iter().copied()).unwrap();
        ages.of_feature(Feature::by_name(name).unwrap().index()).map(|age| age / HOUR)
    }

    #[test]
    fn the_shorter_of_the_two_holds() {
        assert_eq!((age(&[], "hr_last"), age(&[], "hr_mean_6h")), (None, Some(6)));
        let some = ["*=48", "hr_last=4", "hr_mean_6h=2", "rr_mean_6h=12"];
        assert_eq!((age(&some, "hr_last"), age(&some, "temp_last")), (Some(4), Some(48)));
        assert_eq!(
            (age(&some, "hr_mean_6h"), age(&some, "rr_mean_6h"), age(&some, "sbp_mean_6h")),
            (Some(2), Some(6), Some(6))
        );
        for wrong in ["hr_last", "hr_last=", "hr_last=-1", "pulse=3", "hr_last=soon"] {
            assert!(MaxAges::of([wrong]).is_err(), "{wrong}");
        }
    }
}
