//! The six vital signs that every reading has.

/// Values of the vital signs, in the order of [`SIGNS`].
pub(super) type Signs = [f64; 6];

/// Their fields in the vitals event.
pub(super) const SIGNS: [&str; 6] =
    ["heart_rate", "respiratory_rate", "spo2", "temperature", "blood_pressure_systolic", "blood_pressure_diastolic"];

pub(super) const RESPIRATORY_RATE: usize = 1;
pub(super) const SPO2: usize = 2;
pub(super) const TEMPERATURE: usize = 3;
pub(super) const SYSTOLIC: usize = 4;
pub(super) const DIASTOLIC: usize = 5;
