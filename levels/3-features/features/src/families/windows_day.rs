//! The last day: what is usual for this patient, and the worst of it.

use crate::feature::{Feature, Group};
use crate::sign::{HR, MAP, RR, SBP, SIGNS, SPO2, TEMP};

pub(super) const FEATURES: [Feature; 16] = [
    mean::<HR>(40, "hr_mean_24h"),
    std::<HR>(41, "hr_std_24h"),
    mean::<RR>(42, "rr_mean_24h"),
    std::<RR>(43, "rr_std_24h"),
    mean::<SPO2>(44, "spo2_mean_24h"),
    std::<SPO2>(45, "spo2_std_24h"),
    mean::<SBP>(46, "sbp_mean_24h"),
    std::<SBP>(47, "sbp_std_24h"),
    mean::<MAP>(48, "map_mean_24h"),
    std::<MAP>(49, "map_std_24h"),
    max::<HR>(50, "hr_max_24h"),
    max::<RR>(51, "rr_max_24h"),
    min::<SPO2>(52, "spo2_min_24h"),
    min::<SBP>(53, "sbp_min_24h"),
    min::<MAP>(54, "map_min_24h"),
    max::<TEMP>(55, "temp_max_24h"),
];

const fn mean<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature {
        number,
        name,
        group: Group::Day,
        window_hours: Some(24.0),
        unit: SIGNS[SIGN].unit,
        sources: SIGNS[SIGN].sources,
        description: "mean in (t-24h, t]",
        value: |s| s.windows.day[SIGN].level().mean(),
    }
}

const fn std<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature {
        description: "sample standard deviation in (t-24h, t]",
        value: |s| s.windows.day[SIGN].std(),
        ..mean::<SIGN>(number, name)
    }
}

const fn min<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature { description: "min in (t-24h, t]", value: |s| s.windows.range_24h[SIGN].min, ..mean::<SIGN>(number, name) }
}

const fn max<const SIGN: usize>(number: u16, name: &'static str) -> Feature {
    Feature { description: "max in (t-24h, t]", value: |s| s.windows.range_24h[SIGN].max, ..mean::<SIGN>(number, name) }
}
