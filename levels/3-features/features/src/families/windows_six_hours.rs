//! The last six hours: level, range, trend and unrest.

use crate::feature::{Feature, Group};
use crate::sign::{HR, MAP, RR, SBP, SIGNS, SPO2, TEMP};

pub(super) const FEATURES: [Feature; 27] = [
    mean::<HR>(13, "hr_mean_6h"),
    min::<HR>(14, "hr_min_6h"),
    max::<HR>(15, "hr_max_6h"),
    slope::<HR>(16, "hr_slope_6h"),
    mean::<RR>(17, "rr_mean_6h"),
    min::<RR>(18, "rr_min_6h"),
    max::<RR>(19, "rr_max_6h"),
    slope::<RR>(20, "rr_slope_6h"),
    mean::<SPO2>(21, "spo2_mean_6h"),
    min::<SPO2>(22, "spo2_min_6h"),
    max::<SPO2>(23, "spo2_max_6h"),
    slope::<SPO2>(24, "spo2_slope_6h"),
    mean::<SBP>(25, "sbp_mean_6h"),
    min::<SBP>(26, "sbp_min_6h"),
    max::<SBP>(27, "sbp_max_6h"),
    slope::<SBP>(28, "sbp_slope_6h"),
    mean::<MAP>(29, "map_mean_6h"),
    min::<MAP>(30, "map_min_6h"),
    max::<MAP>(31, "map_max_6h"),
    slope::<MAP>(32, "map_slope_6h"),
    std::<HR>(33, "hr_std_6h"),
    std::<RR>(34, "rr_std_6h"),
    std::<SPO2>(35, "spo2_std_6h"),
    std::<SBP>(36, "sbp_std_6h"),
    std::<MAP>(37, "map_std_6h"),
    Feature { description: "maximum temperature in (t-6h, t]", ..max::<TEMP>(38, "temp_max_6h") },
    Feature { description: "minimum temperature in (t-6h, t]", ..min::<TEMP>(39, "temp_min_6h") },
];

const fn mean<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature {
        number,
        name,
        group: Group::SixHours,
        window_hours: Some(6.0),
        unit: SIGNS[SIGN].unit,
        sources: SIGNS[SIGN].sources,
        description: "mean in (t-6h, t]",
        value: |s| s.windows.six_hours[SIGN].level().mean(),
    }
}

const fn min<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature {
        description: "minimum in (t-6h, t]",
        value: |s| s.windows.range_6h[SIGN].min,
        ..mean::<SIGN>(number, name)
    }
}

const fn max<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature {
        description: "maximum in (t-6h, t]",
        value: |s| s.windows.range_6h[SIGN].max,
        ..mean::<SIGN>(number, name)
    }
}

const fn slope<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature {
        unit: SIGNS[SIGN].per_hour,
        description: "ordinary least squares slope, units per hour, over (t-6h, t]; null if < 2 distinct times",
        value: |s| s.windows.six_hours[SIGN].slope(),
        ..mean::<SIGN>(number, name)
    }
}

const fn std<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature {
        description: "sample standard deviation (n-1) in (t-6h, t]; null if n < 2",
        value: |s| s.windows.six_hours[SIGN].spread().std(),
        ..mean::<SIGN>(number, name)
    }
}
