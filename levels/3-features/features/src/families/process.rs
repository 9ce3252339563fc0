//! How much was measured, and how well: care itself tells how worried people are.

use super::feature;
use crate::feature::Feature;
use crate::feature::Group::Process;

const SIGNS: &[&str] = &[
    "vitals.heart_rate",
    "vitals.respiratory_rate",
    "vitals.spo2",
    "vitals.temperature",
    "vitals.blood_pressure_systolic",
    "vitals.blood_pressure_diastolic",
    "vitals.mean_arterial_pressure",
];

#[rustfmt::skip]
pub(super) const FEATURES: [Feature; 3] = [
    feature(Process, 67, "vitals_count_6h", "{count}", SIGNS,
        "number of valid vital-sign values (7 signs) in (t-6h, t]",
        |s| f64::from(s.windows.count_6h())).within(6.0),
    feature(Process, 68, "vitals_missing_24h", "1", SIGNS,
        "share of the 24 hourly bins x 7 signs in (t-24h, t] with no valid value (0..1)",
        |s| s.windows.missing_24h()).within(24.0),
    feature(Process, 69, "quality_mean_6h", "1", &["vitals.quality_score"],
        "mean silver-layer quality score of the vital rows in (t-6h, t] (0..1)",
        |s| s.windows.quality.mean()).within(6.0),
];
