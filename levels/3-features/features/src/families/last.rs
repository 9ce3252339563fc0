//! The most recent value of each sign, however old.

use crate::feature::{Feature, Group};
use crate::sign::{DBP, HR, MAP, RR, SBP, SIGNS, SPO2, TEMP};

pub(super) const FEATURES: [Feature; 7] = [
    last::<HR>(1, "hr_last", "most recent valid heart rate /min at or before t, no age limit"),
    last::<RR>(2, "rr_last", "most recent valid respiratory rate /min at or before t, no age limit"),
    last::<SPO2>(3, "spo2_last", "most recent valid SpO2 % at or before t, no age limit"),
    last::<TEMP>(4, "temp_last", "most recent valid temperature Cel at or before t, no age limit"),
    last::<SBP>(5, "sbp_last", "most recent valid systolic mm[Hg] at or before t, no age limit"),
    last::<DBP>(6, "dbp_last", "most recent valid diastolic mm[Hg] at or before t, no age limit"),
    last::<MAP>(7, "map_last", "most recent valid MAP mm[Hg] (measured, else computed) at or before t, no age limit"),
];

const fn last<const SIGN: usize>(number: u16, name: &'static str, description: &'static str) -> Feature {
    Feature {
        number,
        name,
        group: Group::Last,
        window_hours: None,
        unit: SIGNS[SIGN].unit,
        sources: SIGNS[SIGN].sources,
        description,
        value: |s| s.latest.value(SIGN),
    }
}
