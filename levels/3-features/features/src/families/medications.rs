//! What was given. These features also carry what the clinicians already suspect.

use super::feature;
use crate::feature::Feature;
use crate::feature::Group::{Med, Recency};

#[rustfmt::skip]
pub(super) const FEATURES: [Feature; 6] = [
    feature(Med, 111, "vasopressor_active", "1", &["medications.drug", "medications.end_timestamp", "medications.rate"],
        "1 if a vasopressor infusion overlaps t", |s| f64::from(u8::from(s.medications.vasopressor_active))),
    feature(Med, 112, "norepi_equivalent", "ug/kg/min",
        &["medications.drug", "medications.end_timestamp", "medications.rate"],
        "norepinephrine-equivalent dose at t, ug/kg/min: NE + Epi + Phenyl/10 + Dopa/100 + Vaso(U/h)*2.5/60",
        |s| s.medications.norepinephrine_equivalent),
    feature(Med, 113, "antibiotic_24h", "1", &["medications.drug", "medications.atc"],
        "1 if an antibiotic was given in (t-24h, t]",
        |s| f64::from(u8::from(s.medications.antibiotic_24h))).within(24.0),
    feature(Med, 114, "sedative_opioid_count_24h", "{count}", &["medications.drug", "medications.atc"],
        "administrations of sedatives or opioids in (t-24h, t]",
        |s| f64::from(s.medications.sedatives_24h)).within(24.0),
    feature(Med, 115, "med_classes_24h", "{count}", &["medications.atc"],
        "distinct medication classes (ATC level 3 or site table) given in (t-24h, t]",
        |s| f64::from(s.medications.classes_24h)).within(24.0),
    feature(Recency, 116, "med_hours_since", "h", &["medications.timestamp"], "hours since the last administration",
        |s| s.medications.newest.map_or(f64::NAN, |newest| s.t.hours_since(newest))),
];
