//! The clinical scores and their components.

use super::feature;
use crate::feature::Feature;
use crate::feature::Group::Score;
use crate::scores::qsofa::Qsofa;
use crate::scores::sirs::{self, Sirs};
use crate::sign::{HR, RR, TEMP};
use crate::snapshot::{Snapshot, variable};

const RESPIRATION: &str = "vitals.respiratory_rate";
const SATURATION: &[&str] = &["vitals.spo2", "patients.spo2_scale_2", "vitals.on_oxygen", "vitals.fio2"];
const OXYGEN: &[&str] = &["vitals.on_oxygen", "vitals.fio2"];
const SYSTOLIC: &str = "vitals.blood_pressure_systolic";
const PULSE: &str = "vitals.heart_rate";
const CONSCIOUSNESS: &[&str] = &["vitals.consciousness", "vitals.gcs"];
const TEMPERATURE: &str = "vitals.temperature";
const NEWS2: &[&str] = &[
    RESPIRATION,
    "vitals.spo2",
    "patients.spo2_scale_2",
    "vitals.on_oxygen",
    "vitals.fio2",
    SYSTOLIC,
    PULSE,
    "vitals.consciousness",
    "vitals.gcs",
    TEMPERATURE,
];
const SIRS: &[&str] = &[TEMPERATURE, PULSE, RESPIRATION, "labs.pco2", "labs.wbc"];
const QSOFA: &[&str] = &[RESPIRATION, SYSTOLIC, "vitals.gcs", "vitals.consciousness"];
const TOTAL: &str = "NEWS2 aggregate 0..20 (SpO2 scale 1 unless the patient is flagged for scale 2); \
                     missing component = 0 and counted in vitals_missing_24h";

#[rustfmt::skip]
pub(super) const FEATURES: [Feature; 12] = [
    feature(Score, 81, "news2_total", "{score}", NEWS2, TOTAL, |s| points(s.warning.now.total())),
    feature(Score, 82, "news2_rr", "{score}", &[RESPIRATION], "NEWS2 component points for rr",
        |s| points(s.warning.now.respiration)),
    feature(Score, 83, "news2_spo2", "{score}", SATURATION, "NEWS2 component points for spo2",
        |s| points(s.warning.now.saturation)),
    feature(Score, 84, "news2_oxygen", "{score}", OXYGEN, "NEWS2 component points for oxygen",
        |s| points(s.warning.now.oxygen)),
    feature(Score, 85, "news2_sbp", "{score}", &[SYSTOLIC], "NEWS2 component points for sbp",
        |s| points(s.warning.now.systolic)),
    feature(Score, 86, "news2_pulse", "{score}", &[PULSE], "NEWS2 component points for pulse",
        |s| points(s.warning.now.pulse)),
    feature(Score, 87, "news2_consciousness", "{score}", CONSCIOUSNESS, "NEWS2 component points for consciousness",
        |s| points(s.warning.now.consciousness)),
    feature(Score, 88, "news2_temp", "{score}", &[TEMPERATURE], "NEWS2 component points for temp",
        |s| points(s.warning.now.temperature)),
    feature(Score, 89, "news2_max_24h", "{score}", NEWS2, "maximum hourly news2_total in (t-24h, t]",
        |s| points(s.warning.max_24h)).within(24.0),
    feature(Score, 90, "news2_delta_6h", "{score}", NEWS2, "news2_total minus news2_total at t-6h",
        |s| s.warning.delta_6h().unwrap_or(f64::NAN)).within(6.0),
    feature(Score, 91, "sirs_count", "{score}", SIRS, "SIRS criteria met 0..4", |s| points(sirs(s).total())),
    feature(Score, 92, "qsofa", "{score}", QSOFA, "qSOFA 0..3", |s| points(Qsofa::of(&s.latest.for_qsofa()).total())),
];

fn points(points: Option<u8>) -> f64 {
    points.map_or(f64::NAN, f64::from)
}

/// Results older than a week say nothing of today, as for the lab features.
fn sirs(s: &Snapshot) -> Sirs {
    Sirs::of(&sirs::Observations {
        temperature: s.latest.value(TEMP),
        heart_rate: s.latest.value(HR),
        respiratory_rate: s.latest.value(RR),
        paco2: s.labs.last(const { variable("pco2") }),
        wbc: s.labs.last(const { variable("wbc") }),
    })
}
