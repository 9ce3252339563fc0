//! How far from the patient's own usual the newest values are, and how old they are.

use crate::feature::{Feature, Group};
use crate::sign::{HR, MAP, RR, SBP, SIGNS, SPO2, TEMP};

pub(super) const FEATURES: [Feature; 11] = [
    delta::<HR>(56, "hr_delta_24h", "hr_last minus mean of hr in (t-24h, t]"),
    delta::<RR>(57, "rr_delta_24h", "rr_last minus mean of rr in (t-24h, t]"),
    delta::<SPO2>(58, "spo2_delta_24h", "spo2_last minus mean of spo2 in (t-24h, t]"),
    delta::<SBP>(59, "sbp_delta_24h", "sbp_last minus mean of sbp in (t-24h, t]"),
    delta::<MAP>(60, "map_delta_24h", "map_last minus mean of map in (t-24h, t]"),
    delta::<TEMP>(61, "temp_delta_24h", "temp_last minus mean of temp in (t-24h, t]"),
    since::<HR>(62, "hr_hours_since", "hours between t and the last valid hr; null if never measured"),
    since::<RR>(63, "rr_hours_since", "hours between t and the last valid rr; null if never measured"),
    since::<SPO2>(64, "spo2_hours_since", "hours between t and the last valid spo2; null if never measured"),
    since::<SBP>(65, "sbp_hours_since", "hours between t and the last valid sbp; null if never measured"),
    since::<TEMP>(66, "temp_hours_since", "hours between t and the last valid temp; null if never measured"),
];

const fn delta<const SIGN: usize>(number: u16, name: &'static str, description: &'static str) -> Feature {
    Feature {
        number,
        name,
        group: Group::Delta,
        window_hours: Some(24.0),
        unit: SIGNS[SIGN].unit,
        sources: SIGNS[SIGN].sources,
        description,
        value: |s| s.windows.day[SIGN].level().below(s.latest.value(SIGN)),
    }
}

const fn since<const SIGN: usize>(number: u16, name: &'static str, description: &'static str) -> Feature {
    Feature {
        group: Group::Recency,
        window_hours: None,
        unit: "h",
        value: |s| s.latest.hours_since(SIGN, s.t),
        ..delta::<SIGN>(number, name, description)
    }
}
