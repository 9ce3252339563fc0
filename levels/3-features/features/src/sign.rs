//! The signs of a reading: where each stands in [`Vitals::signs`](crate::Vitals::signs), and its column in silver.

/// Heart rate, /min.
pub const HR: usize = 0;
/// Respiratory rate, /min.
pub const RR: usize = 1;
/// Oxygen saturation, %.
pub const SPO2: usize = 2;
/// Body temperature, Cel.
pub const TEMP: usize = 3;
/// Systolic pressure, `mm[Hg]`.
pub const SBP: usize = 4;
/// Diastolic pressure, `mm[Hg]`.
pub const DBP: usize = 5;
/// Mean arterial pressure, `mm[Hg]`; silver holds the measured one, else the computed one.
pub const MAP: usize = 6;
/// Inspired oxygen, %.
pub const FIO2: usize = 7;
/// Glasgow coma scale, 3 to 15.
pub const GCS: usize = 8;

/// How many signs a reading holds.
pub const COUNT: usize = 9;
/// How many of them, the first ones, are the vital signs that features 67 and 68 count.
pub const VITAL: usize = 7;

/// A sign's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Its column in the silver table `vitals`.
    pub column: &'static str,
    /// Its canonical unit, a UCUM code.
    pub unit: &'static str,
    pub(crate) per_hour: &'static str,
    pub(crate) sources: &'static [&'static str],
}

const fn sign(
    column: &'static str,
    unit: &'static str,
    per_hour: &'static str,
    sources: &'static [&'static str],
) -> Sign {
    Sign { column, unit, per_hour, sources }
}

/// The signs in the order of [`Vitals::signs`](crate::Vitals::signs).
pub const SIGNS: [Sign; COUNT] = [
    sign("heart_rate", "/min", "/min/h", &["vitals.heart_rate"]),
    sign("respiratory_rate", "/min", "/min/h", &["vitals.respiratory_rate"]),
    sign("spo2", "%", "%/h", &["vitals.spo2"]),
    sign("temperature", "Cel", "Cel/h", &["vitals.temperature"]),
    sign("blood_pressure_systolic", "mm[Hg]", "mm[Hg]/h", &["vitals.blood_pressure_systolic"]),
    sign("blood_pressure_diastolic", "mm[Hg]", "mm[Hg]/h", &["vitals.blood_pressure_diastolic"]),
    sign("mean_arterial_pressure", "mm[Hg]", "mm[Hg]/h", &["vitals.mean_arterial_pressure"]),
    sign("fio2", "%", "%/h", &["vitals.fio2"]),
    sign("gcs", "{score}", "{score}/h", &["vitals.gcs"]),
];
