//! Step 5: what follows from the measured vitals. Null in, null out.

use strata_types::event::Vitals;

/// What follows from a reading.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Derived {
    /// Systolic minus diastolic, mm[Hg].
    pub(crate) pulse_pressure: Option<f64>,
    /// Measured, else (systolic + 2 diastolic) / 3, mm[Hg].
    pub(crate) mean_arterial_pressure: Option<f64>,
    /// Heart rate / systolic.
    pub(crate) shock_index: Option<f64>,
    /// HR > 100.
    pub(crate) tachycardia: Option<bool>,
    /// HR < 60.
    pub(crate) bradycardia: Option<bool>,
    /// SBP >= 140 or DBP >= 90.
    pub(crate) hypertensive: Option<bool>,
    /// SBP < 90 or DBP < 60.
    pub(crate) hypotensive: Option<bool>,
    /// T >= 38.
    pub(crate) febrile: Option<bool>,
    /// T < 36.
    pub(crate) hypothermic: Option<bool>,
    /// `SpO2` < 95.
    pub(crate) hypoxic: Option<bool>,
}

/// Derives from valid, canonical values.
pub(crate) fn derive(vitals: &Vitals) -> Derived {
    let (hr, t) = (vitals.heart_rate, vitals.temperature);
    let (sbp, dbp) = (vitals.blood_pressure_systolic, vitals.blood_pressure_diastolic);
    let both = sbp.zip(dbp);
    let either = |rule: fn(Option<f64>, Option<f64>) -> bool| (sbp.is_some() || dbp.is_some()).then(|| rule(sbp, dbp));
    Derived {
        pulse_pressure: both.map(|(sbp, dbp)| sbp - dbp),
        mean_arterial_pressure: vitals
            .mean_arterial_pressure
            .or_else(|| both.map(|(sbp, dbp)| (sbp + 2.0 * dbp) / 3.0)),
        shock_index: hr.zip(sbp).map(|(hr, sbp)| hr / sbp),
        tachycardia: hr.map(|hr| hr > 100.0),
        bradycardia: hr.map(|hr| hr < 60.0),
        hypertensive: either(|sbp, dbp| sbp.is_some_and(|v| v >= 140.0) || dbp.is_some_and(|v| v >= 90.0)),
        hypotensive: either(|sbp, dbp| sbp.is_some_and(|v| v < 90.0) || dbp.is_some_and(|v| v < 60.0)),
        febrile: t.map(|t| t >= 38.0),
        hypothermic: t.map(|t| t < 36.0),
        hypoxic: vitals.spo2.map(|spo2| spo2 < 95.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strata_types::Timestamp;

    #[test]
    fn derives_only_from_what_is_there() {
        let mut vitals = Vitals::at("p".parse().unwrap(), Timestamp(0), "m");
        assert_eq!(derive(&vitals), Derived::default());
        (vitals.blood_pressure_systolic, vitals.blood_pressure_diastolic) = (Some(120.0), Some(60.0));
        vitals.heart_rate = Some(60.0);
        let derived = derive(&vitals);
        assert_eq!(derived.mean_arterial_pressure, Some(80.0));
        assert_eq!((derived.pulse_pressure, derived.shock_index), (Some(60.0), Some(0.5)));
        assert_eq!((derived.bradycardia, derived.hypotensive, derived.febrile), (Some(false), Some(false), None));
        vitals.mean_arterial_pressure = Some(77.0);
        assert_eq!(derive(&vitals).mean_arterial_pressure, Some(77.0), "measured wins");
    }
}
