//! What several signs say together.

use super::feature;
use crate::feature::Feature;
use crate::feature::Group::{Derived, Interaction};
use crate::sign::{DBP, FIO2, HR, MAP, RR, SBP, SPO2};
use crate::snapshot::Snapshot;
use crate::sums::ratio;

const HR_: &str = "vitals.heart_rate";
const RR_: &str = "vitals.respiratory_rate";
const SPO2_: &str = "vitals.spo2";
const SBP_: &str = "vitals.blood_pressure_systolic";
const DBP_: &str = "vitals.blood_pressure_diastolic";
const MAP_: &str = "vitals.mean_arterial_pressure";
const FIO2_: &str = "vitals.fio2";

#[rustfmt::skip]
pub(super) const FEATURES: [Feature; 11] = [
    feature(Derived, 70, "pulse_pressure", "mm[Hg]", &[SBP_, DBP_], "sbp_last - dbp_last", pulse_pressure),
    feature(Derived, 71, "pp_fraction", "1", &[SBP_, DBP_], "pulse_pressure / sbp_last",
        |s| ratio(pulse_pressure(s), s.latest.value(SBP))),
    feature(Derived, 72, "map_calc", "mm[Hg]", &[SBP_, DBP_], "(sbp_last + 2*dbp_last)/3",
        |s| (s.latest.value(SBP) + 2.0 * s.latest.value(DBP)) / 3.0),
    feature(Interaction, 73, "shock_index", "1", &[HR_, SBP_], "hr_last / sbp_last", shock_index),
    feature(Interaction, 74, "modified_shock_index", "1", &[HR_, MAP_], "hr_last / map_last",
        |s| ratio(s.latest.value(HR), s.latest.value(MAP))),
    feature(Interaction, 75, "age_shock_index", "a", &["patients.age", HR_, SBP_], "age_years * shock_index",
        |s| s.patient.age_at_most_90() * shock_index(s)),
    feature(Interaction, 76, "rate_pressure_product", "mm[Hg]/min", &[HR_, SBP_], "hr_last * sbp_last",
        |s| s.latest.value(HR) * s.latest.value(SBP)),
    feature(Interaction, 77, "sf_ratio", "%", &[SPO2_, FIO2_],
        "spo2_last / FiO2 fraction (room air 0.21 if no oxygen record)", sf_ratio),
    feature(Interaction, 78, "rox_index", "%.min", &[SPO2_, FIO2_, RR_], "sf_ratio / rr_last",
        |s| ratio(sf_ratio(s), s.latest.value(RR))),
    feature(Interaction, 79, "shock_index_max_6h", "1", &[HR_, SBP_],
        "max over paired HR/SBP rows in (t-6h, t]", |s| s.windows.shock_index_max_6h).within(6.0),
    feature(Interaction, 80, "pulse_pressure_min_6h", "mm[Hg]", &[SBP_, DBP_],
        "min over paired SBP/DBP rows in (t-6h, t]", |s| s.windows.pulse_pressure_min_6h).within(6.0),
];

fn pulse_pressure(s: &Snapshot) -> f64 {
    s.latest.value(SBP) - s.latest.value(DBP)
}

fn shock_index(s: &Snapshot) -> f64 {
    ratio(s.latest.value(HR), s.latest.value(SBP))
}

/// The bedside's stand-in for `PaO2` / `FiO2` (Rice 2007). Whoever has no record of `FiO2` breathes air.
fn sf_ratio(s: &Snapshot) -> f64 {
    let fio2 = s.latest.value(FIO2);
    let fraction = if fio2.is_nan() { 0.21 } else { fio2 / 100.0 };
    ratio(s.latest.value(SPO2), fraction)
}
