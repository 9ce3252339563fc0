//! Step 6: how complete a reading is.

use strata_types::event::Vitals;

/// The share of the six core vitals that are present and valid, 0 to 1.
pub(crate) fn score(vitals: &Vitals) -> f64 {
    let core = [
        vitals.heart_rate,
        vitals.respiratory_rate,
        vitals.spo2,
        vitals.temperature,
        vitals.blood_pressure_systolic,
        vitals.blood_pressure_diastolic,
    ];
    core.iter().flatten().count() as f64 / core.len() as f64
}
