//! Step 4: what is impossible becomes null, and says why.

use strata_types::event::{Medication, Vitals};
use strata_types::{MINUTE, Timestamp, Variable};

use crate::finding::{Finding, Scope};

/// How far a sender's clock may run ahead of ours.
const CLOCK_SKEW: i64 = 5 * MINUTE;

/// A record from the future is refused. The judge is the time of arrival, never the wall clock, so
/// that refining later gives the same answer.
pub(crate) fn not_in_the_future(time: Timestamp, ingested_at: Timestamp) -> Option<Finding> {
    (time > ingested_at + CLOCK_SKEW).then(|| {
        let reason = format!("it says {time}, but arrived at {ingested_at}: check the sender's clock");
        Finding::row("future_timestamp", reason)
    })
}

/// Nulls what is out of range in a canonical reading, and both pressures when they contradict each
/// other; a reading of which nothing is left is refused whole.
pub(crate) fn vitals(vitals: &mut Vitals, findings: &mut Vec<Finding>) {
    for (field, value) in vitals.readings_mut().into_iter().filter(|(_, value)| value.is_some()) {
        if let Some(found) = Variable::by_event_field(field).and_then(|variable| in_range(variable, field, value)) {
            findings.push(found);
        }
    }
    let pressures = vitals.blood_pressure_systolic.zip(vitals.blood_pressure_diastolic);
    if let Some((sbp, dbp)) = pressures.filter(|(sbp, dbp)| sbp <= dbp) {
        let reason = format!("systolic {sbp} is not above diastolic {dbp}");
        for (field, value) in [("blood_pressure_systolic", sbp), ("blood_pressure_diastolic", dbp)] {
            findings.push(Finding::cell("sbp_le_dbp", field, value, "mm[Hg]", reason.clone()));
        }
        (vitals.blood_pressure_systolic, vitals.blood_pressure_diastolic) = (None, None);
    }
    if vitals.is_empty() {
        findings.push(Finding::row("nothing_left", "no valid value is left of the reading".into()));
    }
}

/// Nulls a value outside its variable's range.
pub(crate) fn in_range(variable: &Variable, field: &str, value: &mut Option<f64>) -> Option<Finding> {
    let given = value.filter(|given| !variable.accepts(*given))?;
    *value = None;
    let (low, high) = (variable.low, variable.high);
    let reason = if high.is_finite() {
        format!("{given} is outside {low} to {high} {}", variable.ucum)
    } else {
        format!("{given} is below {low} {}", variable.ucum)
    };
    Some(Finding::cell("out_of_range", field, given, variable.ucum, reason))
}

/// A result out of range leaves nothing of its row.
pub(crate) fn lab(variable: &Variable, value: f64, raw_unit: &str) -> Option<Finding> {
    let mut finding = in_range(variable, variable.name, &mut Some(value))?;
    finding.scope = Scope::Row;
    finding.raw_unit = Some(raw_unit.into());
    Some(finding)
}

/// What was not given is no dose (FHIR's `MedicationAdministration.status`).
pub(crate) fn given(dose: &Medication) -> Option<Finding> {
    let status = dose.status.as_deref()?;
    matches!(status, "not-done" | "entered-in-error")
        .then(|| Finding::row("not_given", format!("its status is `{status}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(fill: impl FnOnce(&mut Vitals)) -> (Vitals, Vec<&'static str>) {
        let mut reading = Vitals::at("p".parse().unwrap(), Timestamp(0), "m");
        fill(&mut reading);
        let mut findings = Vec::new();
        vitals(&mut reading, &mut findings);
        (reading, findings.iter().map(|finding| finding.rule).collect())
    }

    /// Fault 26: invalid rows went to the console, without quarantine, reason or count.
    #[test]
    fn bounds_are_inclusive_and_every_refusal_has_a_rule() {
        for (value, kept) in [(20.0, true), (300.0, true), (19.9, false), (300.1, false), (0.0, false), (-5.0, false)] {
            let (vitals, rules) = reading(|v| (v.heart_rate, v.spo2) = (Some(value), Some(97.0)));
            assert_eq!(vitals.heart_rate.is_some(), kept, "{value}");
            assert_eq!(rules, if kept { vec![] } else { vec!["out_of_range"] }, "{value}");
        }
    }

    #[test]
    fn contradicting_pressures_are_both_null() {
        let pressures = |sbp, dbp| {
            move |v: &mut Vitals| {
                (v.blood_pressure_systolic, v.blood_pressure_diastolic) = (Some(sbp), Some(dbp));
                v.heart_rate = Some(80.0);
            }
        };
        assert_eq!(reading(pressures(80.0, 80.0)).1, ["sbp_le_dbp", "sbp_le_dbp"]);
        assert_eq!(reading(pressures(81.0, 80.0)).1, Vec::<&str>::new());
    }

    #[test]
    fn a_reading_with_nothing_left_is_refused() {
        assert_eq!(reading(|v| v.heart_rate = Some(999.0)).1, ["out_of_range", "nothing_left"]);
    }

    /// Fault 33: the judge of time was today's date, so a backfill gave other results.
    #[test]
    fn the_future_is_relative_to_arrival() {
        let arrived = Timestamp(1_000 * MINUTE);
        assert!(not_in_the_future(arrived + CLOCK_SKEW, arrived).is_none());
        assert_eq!(not_in_the_future(arrived + CLOCK_SKEW + 1, arrived).unwrap().rule, "future_timestamp");
    }
}
