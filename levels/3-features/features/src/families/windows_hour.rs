//! The last hour: the mean, which evens out a single odd reading.

use crate::feature::{Feature, Group};
use crate::sign::{HR, MAP, RR, SBP, SIGNS, SPO2};

pub(super) const FEATURES: [Feature; 5] = [
    mean::<HR>(8, "hr_mean_1h", "mean of valid heart rate in (t-1h, t]"),
    mean::<RR>(9, "rr_mean_1h", "mean of valid respiratory rate in (t-1h, t]"),
    mean::<SPO2>(10, "spo2_mean_1h", "mean of valid SpO2 in (t-1h, t]"),
    mean::<SBP>(11, "sbp_mean_1h", "mean of valid systolic BP in (t-1h, t]"),
    mean::<MAP>(12, "map_mean_1h", "mean of valid mean arterial pressure in (t-1h, t]"),
];

const fn mean<const SIGN: usize>(number: u16, name: &'static str, description: &'static str) -> Feature {
    Feature {
        number,
        name,
        group: Group::Hour,
        window_hours: Some(1.0),
        unit: SIGNS[SIGN].unit,
        sources: SIGNS[SIGN].sources,
        description,
        value: |s| s.windows.hour[SIGN].mean(),
    }
}
