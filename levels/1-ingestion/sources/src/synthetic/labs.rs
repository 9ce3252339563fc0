//! The laboratory: which tests it does, when, and in whose units it reports.

use strata_types::event::LabResult;
use strata_types::{Timestamp, Variable};

use super::path::Path;
use super::person::Person;
use super::random::Dice;
use super::{SOURCE, site_name};

/// A test of the laboratory.
#[derive(Debug)]
pub(super) struct Lab {
    /// The variable.
    pub(super) name: &'static str,
    /// The median of healthy adults, in `unit`.
    pub(super) usual: f64,
    /// The spread between patients and between samples, as deviations of the logarithm.
    pub(super) between: f64,
    within: f64,
    digits: i32,
    unit: &'static str,
    /// How a laboratory with SI units reports it: the unit, and what `unit` is multiplied with.
    si: (&'static str, f64),
    panel: Panel,
}

/// When a test is done without a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Panel {
    EveryDay,
    EveryThirdDay,
}
use Panel::{EveryDay, EveryThirdDay};

/// The tests.
#[rustfmt::skip]
pub(super) static LABS: [Lab; 20] = [
    lab("sodium", 140.0, 0.015, 0.010, 0, "mmol/L", ("mmol/L", 1.0), EveryDay),
    lab("potassium", 4.2, 0.05, 0.05, 1, "mEq/L", ("mmol/L", 1.0), EveryDay),
    lab("creatinine", 0.95, 0.20, 0.06, 2, "mg/dL", ("umol/L", 88.4), EveryDay),
    lab("bun", 15.0, 0.25, 0.10, 1, "mg/dL", ("mmol/L", 1.0 / 2.8), EveryDay),
    lab("glucose", 108.0, 0.12, 0.18, 0, "mg/dL", ("mmol/L", 1.0 / 18.016), EveryDay),
    lab("bicarbonate", 24.5, 0.05, 0.05, 0, "mmol/L", ("mmol/L", 1.0), EveryDay),
    lab("wbc", 7.5, 0.25, 0.10, 1, "10^3/uL", ("10^9/L", 1.0), EveryDay),
    lab("haemoglobin", 13.2, 0.10, 0.03, 1, "g/dL", ("g/L", 10.0), EveryDay),
    lab("platelets", 235.0, 0.22, 0.06, 0, "K/uL", ("10^9/L", 1.0), EveryDay),
    lab("magnesium", 2.0, 0.06, 0.06, 2, "mg/dL", ("mmol/L", 1.0 / 2.431), EveryThirdDay),
    lab("lactate", 1.2, 0.20, 0.20, 1, "mmol/L", ("mmol/L", 1.0), EveryDay),
    lab("ast", 25.0, 0.28, 0.12, 0, "IU/L", ("U/L", 1.0), EveryThirdDay),
    lab("alt", 24.0, 0.30, 0.12, 0, "IU/L", ("U/L", 1.0), EveryThirdDay),
    lab("alp", 78.0, 0.22, 0.08, 0, "IU/L", ("U/L", 1.0), EveryThirdDay),
    lab("bilirubin_total", 0.6, 0.30, 0.15, 2, "mg/dL", ("umol/L", 17.1), EveryThirdDay),
    lab("albumin", 3.9, 0.08, 0.04, 1, "g/dL", ("g/L", 10.0), EveryThirdDay),
    lab("inr", 1.05, 0.06, 0.05, 2, "INR", ("ratio", 1.0), EveryThirdDay),
    lab("crp", 6.0, 0.60, 0.20, 1, "mg/L", ("mg/L", 1.0), EveryThirdDay),
    lab("calcium_total", 9.3, 0.04, 0.03, 1, "mg/dL", ("mmol/L", 1.0 / 4.008), EveryThirdDay),
    lab("troponin_i", 0.012, 0.40, 0.20, 3, "ng/mL", ("ng/L", 1000.0), EveryThirdDay),
];

/// The hour of the morning round; every patient's lies within the hour.
const MORNING: u32 = 5;
/// Of the routine tests so many are not done.
const SKIPPED: f64 = 0.18;
/// From this intensity on, clinicians order what matches the deterioration, every so many hours.
const SUSPICION: f64 = 0.3;
const SUSPICION_HOURS: u32 = 6;

/// How a site's laboratory reports.
#[derive(Clone, Copy, Debug)]
pub(super) struct Laboratory {
    /// In SI units, under the laboratory's own test names; else in conventional units.
    pub(super) si: bool,
    /// What every result is multiplied with.
    pub(super) scale: f64,
}

impl Lab {
    /// Whether the test is due in this hour: on the morning round, or because somebody is worried.
    pub(super) fn is_due(&self, person: &Person, path: &Path, hour: u32, dice: &mut Dice) -> bool {
        let stay_hour = hour - person.first_hour;
        let round = hour % 24 == MORNING || stay_hour == 0;
        let day = stay_hour / 24 + person.number;
        let routine = round && (self.panel == EveryDay || day.is_multiple_of(3));
        let worried = stay_hour.is_multiple_of(SUSPICION_HOURS) && {
            let (intensity, cause) = path.worst(f64::from(hour));
            let matches = |cause: super::cause::Cause| cause.course().labs.iter().any(|(name, _)| *name == self.name);
            intensity > SUSPICION && cause.is_some_and(matches)
        };
        worried || (routine && !dice.chance(SKIPPED))
    }

    /// The true value, in the conventional unit.
    pub(super) fn value(&self, place: usize, person: &Person, path: &Path, hour: f64, dice: &mut Dice) -> f64 {
        let effect = path.lab_effect(self.name, hour);
        person.labs[place] * effect * dice.normal(0.0, self.within).exp()
    }

    /// The result as the laboratory reports it.
    pub(super) fn report(
        &self,
        value: f64,
        person: &Person,
        laboratory: Laboratory,
        timestamp: Timestamp,
    ) -> LabResult {
        let variable = Variable::by_name(self.name);
        let (unit, factor) = if laboratory.si { self.si } else { (self.unit, 1.0) };
        // A unit with smaller numbers needs more digits, one with larger numbers fewer.
        let digits = (self.digits - factor.log10().round() as i32).clamp(0, 3);
        let range = variable.and_then(|variable| variable.reference);
        let own_name = variable.and_then(|variable| variable.aliases.first()).filter(|_| laboratory.si);
        LabResult {
            patient_id: person.id.clone(),
            timestamp,
            test_name: own_name.map_or(self.name, |name| *name).into(),
            value: round(value * factor * laboratory.scale, digits),
            unit: unit.into(),
            source: SOURCE.into(),
            loinc: variable.filter(|_| !laboratory.si).map(|variable| variable.loinc.into()),
            lab_id: None,
            reference_range: range.map(|(low, high)| format!("{}-{}", round(low * factor, 3), round(high * factor, 3))),
            performing_lab: None,
            trial_site: Some(site_name(person.site)),
            event_id: None,
        }
    }

    /// Whether a laboratory with SI units reports it in another unit, not only under another name.
    pub(super) fn has_another_unit(&self) -> bool {
        self.si.1 != 1.0
    }
}

/// Rounds to decimal digits.
pub(super) fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

#[expect(clippy::too_many_arguments, reason = "a row of the table")]
const fn lab(
    name: &'static str,
    usual: f64,
    between: f64,
    within: f64,
    digits: i32,
    unit: &'static str,
    si: (&'static str, f64),
    panel: Panel,
) -> Lab {
    Lab { name, usual, between, within, digits, unit, si, panel }
}

#[cfg(test)]
mod tests {
    use strata_types::unit::to_canonical;

    use super::*;

    /// Fault 27: whatever the unit, the refinery can make it canonical, and it is the same value.
    #[test]
    fn both_units_of_every_test_are_known() {
        for lab in &LABS {
            let variable = Variable::by_name(lab.name).unwrap();
            for (unit, factor) in [(lab.unit, 1.0), lab.si] {
                let canonical = to_canonical(variable, lab.usual * factor, unit).unwrap();
                assert!((canonical / lab.usual - 1.0).abs() < 1e-3, "{} {unit}: {canonical}", lab.name);
                assert!(variable.accepts(canonical), "{}", lab.name);
            }
            if let Some((low, high)) = variable.reference {
                assert!((low..=high).contains(&lab.usual), "{}", lab.name);
            }
        }
    }
}
