//! The laboratory.

use super::feature;
use crate::feature::Feature;
use crate::feature::Group::{Interaction, Lab, Recency};
use crate::snapshot::variable;
use crate::sums::ratio;

/// Older results say nothing of today.
const WEEK: f64 = 168.0;
const CREATININE: usize = variable("creatinine");

/// The most recent result of a variable.
macro_rules! last {
    ($number:literal, $variable:literal, $unit:literal) => {
        feature(
            Lab,
            $number,
            concat!($variable, "_last"),
            $unit,
            &[concat!("labs.", $variable)],
            concat!("most recent valid ", $variable, ", ", $unit, ", at or before t (null if older than 7 days)"),
            |s| s.labs.last(const { variable($variable) }),
        )
        .within(WEEK)
    };
}

#[rustfmt::skip]
pub(super) const FEATURES: [Feature; 18] = [
    last!(93, "lactate", "mmol/L"),
    last!(94, "creatinine", "mg/dL"),
    last!(95, "bun", "mg/dL"),
    last!(96, "wbc", "10*3/uL"),
    last!(97, "platelets", "10*3/uL"),
    last!(98, "haemoglobin", "g/dL"),
    last!(99, "sodium", "mmol/L"),
    last!(100, "potassium", "mmol/L"),
    last!(101, "bicarbonate", "mmol/L"),
    last!(102, "glucose", "mg/dL"),
    last!(103, "bilirubin_total", "mg/dL"),
    last!(104, "inr", "{INR}"),
    feature(Lab, 105, "creatinine_ratio_7d", "1", &["labs.creatinine"],
        "creatinine_last / minimum creatinine in (t-7d, t] (KDIGO baseline ratio; >=1.5 is stage 1)",
        |s| ratio(s.labs.last(CREATININE), s.labs.creatinine_min_7d)).within(WEEK),
    feature(Lab, 106, "lactate_delta", "mmol/L", &["labs.lactate"],
        "lactate_last minus the previous lactate; null if < 2 in 24 h", |s| s.labs.lactate_delta()).within(24.0),
    feature(Interaction, 107, "bun_creatinine_ratio", "1", &["labs.bun", "labs.creatinine"],
        "bun_last / creatinine_last",
        |s| ratio(s.labs.last(const { variable("bun") }), s.labs.last(CREATININE))).within(WEEK),
    feature(Recency, 108, "lab_hours_since", "h", &["labs.value"], "hours since the last result of any kind",
        |s| s.labs.newest.map_or(f64::NAN, |newest| s.t.hours_since(newest))),
    feature(Lab, 109, "lab_abnormal_count_24h", "{count}",
        &["labs.value", "labs.reference_low", "labs.reference_high"],
        "results in (t-24h, t] outside their reference range", |s| f64::from(s.labs.abnormal_24h)).within(24.0),
    feature(Lab, 110, "lab_critical_count_24h", "{count}", &["labs.value"],
        "results in (t-24h, t] beyond the configured critical limits",
        |s| f64::from(s.labs.critical_24h)).within(24.0),
];
