//! Step 2: values to canonical UCUM units. The raw value and unit are kept, and a suspicious unit is
//! resolved by a rule with a name, never by a guess.

use std::borrow::Cow;

use strata_types::event::{LabResult, Medication, Vitals};
use strata_types::unit::{to_canonical, ucum};
use strata_types::{VARIABLES, Variable};

use crate::finding::Finding;

/// What came, before it became canonical.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Raw {
    pub(crate) value: f64,
    pub(crate) unit: Cow<'static, str>,
    /// The rule that overruled the unit as it came.
    pub(crate) rule: Option<&'static str>,
}

/// The vitals whose units differ among senders.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RawVitals {
    pub(crate) temperature: Option<Raw>,
    pub(crate) spo2: Option<Raw>,
    pub(crate) fio2: Option<Raw>,
}

/// Makes a reading canonical, in place.
pub(crate) fn vitals(vitals: &mut Vitals, findings: &mut Vec<Finding>) -> RawVitals {
    RawVitals {
        temperature: temperature(vitals, findings),
        spo2: fraction(&mut vitals.spo2, "spo2_is_fraction"),
        fio2: fraction(&mut vitals.fio2, "fio2_is_fraction"),
    }
}

fn temperature(vitals: &mut Vitals, findings: &mut Vec<Finding>) -> Option<Raw> {
    /// No body is this hot in Celsius, and no living one this cold in Fahrenheit.
    const FAHRENHEIT_FROM: f64 = 79.0;
    let value = vitals.temperature?;
    let raw_unit = vitals.temperature_unit.as_deref().unwrap_or("Cel");
    let overruled = ucum(raw_unit) == "Cel" && value > FAHRENHEIT_FROM;
    let rule = overruled.then_some("temperature_is_fahrenheit");
    let unit = if overruled { "[degF]" } else { raw_unit };
    let variable = Variable::by_event_field("temperature")?;
    vitals.temperature = to_canonical(variable, value, unit);
    if vitals.temperature.is_none() {
        let reason = format!("`{raw_unit}` is no unit of temperature: use Cel or [degF]");
        findings.push(Finding::cell("unknown_unit", "temperature", value, raw_unit, reason));
    }
    let unit = if raw_unit == "Cel" { Cow::Borrowed("Cel") } else { Cow::Owned(raw_unit.to_owned()) };
    Some(Raw { value, unit, rule })
}

/// Percentages that came as fractions: nobody breathes 1 % oxygen.
fn fraction(field: &mut Option<f64>, rule: &'static str) -> Option<Raw> {
    let value = (*field)?;
    let overruled = value > 0.0 && value <= 1.0;
    if overruled {
        *field = Some(value * 100.0);
    }
    Some(Raw { value, unit: "%".into(), rule: overruled.then_some(rule) })
}

/// A result in its canonical unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CanonicalLab {
    pub(crate) variable: &'static Variable,
    pub(crate) value: f64,
    pub(crate) rule: Option<&'static str>,
    /// The result's own reference range, in the canonical unit.
    pub(crate) reference: Option<(f64, f64)>,
}

/// Finds the variable and the canonical value of a result.
pub(crate) fn lab(result: &LabResult) -> Result<CanonicalLab, Finding> {
    let by_code = result.loinc.as_deref().and_then(Variable::by_loinc);
    let Some(variable) = by_code.or_else(|| Variable::by_name(&result.test_name)) else {
        let reason = format!("`{}` is no known test: send its LOINC code or a known name", result.test_name);
        return Err(Finding::row("unknown_test", reason));
    };
    let (variable, unit, rule) = unit_rule(variable, result);
    let canonical = |value| to_canonical(variable, value, unit);
    let Some(value) = canonical(result.value) else {
        let reason = format!("`{}` is no unit of {}: use {}", result.unit, variable.name, variable.ucum);
        let mut finding = Finding::cell("unknown_unit", variable.name, result.value, &result.unit, reason);
        finding.scope = crate::Scope::Row;
        return Err(finding);
    };
    let range = result.reference_range.as_deref().and_then(parse_range);
    let reference = range.and_then(|(low, high)| canonical(low).zip(canonical(high)));
    Ok(CanonicalLab { variable, value, rule, reference })
}

/// The rules that overrule a unit as it came: the variable and the unit that hold, and the rule's name.
fn unit_rule<'a>(
    variable: &'static Variable,
    result: &'a LabResult,
) -> (&'static Variable, &'a str, Option<&'static str>) {
    let unit = ucum(&result.unit);
    let challenge = result.source.starts_with("physionet-");
    match (variable.name, unit) {
        // Total calcium below 3 mg/dL is not survived; it is ionised calcium in mmol/L.
        ("calcium_total", "mg/dL") if result.value < 3.0 => {
            let ionised = VARIABLES.iter().find(|v| v.name == "calcium_ionised").unwrap_or(variable);
            (ionised, "mmol/L", Some("calcium_is_ionised"))
        }
        // The challenges' headers are wrong: lactate's median is 1.8, magnesium's 2.0.
        ("lactate", "mg/dL") if challenge => (variable, "mmol/L", Some("lactate_is_mmol_per_l")),
        ("magnesium", "mmol/dL" | "mmol/L") if challenge => (variable, "mg/dL", Some("magnesium_is_mg_per_dl")),
        _ => (variable, unit, None),
    }
}

/// `lo-hi`; the low end may be negative.
fn parse_range(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    let dash = text.char_indices().skip(1).find(|(_, c)| *c == '-' || *c == '–')?;
    let (low, high) = (&text[..dash.0], &text[dash.0 + dash.1.len_utf8()..]);
    Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
}

/// The rate of an infusion in ug/kg/min (vasopressin: U/h), or a finding when its unit is none.
///
/// A rate by volume, or that does not say for how much body, is charted as often and is no error: it is kept as it came, and
/// has no canonical value. A weight would have to come from another record, and a row depends on its own alone.
pub(crate) fn rate(dose: &Medication, is_vasopressin: bool) -> Result<Option<f64>, Finding> {
    let Some(rate) = dose.rate else { return Ok(None) };
    let default = if is_vasopressin { "U/h" } else { "ug/kg/min" };
    let unit = dose.rate_unit.as_deref().map_or(default, ucum);
    let unknown = || {
        let reason = format!("`{unit}` is no known unit of a rate: use {default}");
        Finding::cell("unknown_unit", "rate", rate, unit, reason)
    };
    let (amount, per_kg, minutes) = per_time(unit).ok_or_else(unknown)?;
    Ok(match amount {
        Amount::Micrograms(micrograms) if per_kg && !is_vasopressin => Some(rate * micrograms / minutes),
        Amount::Units if !per_kg && is_vasopressin => Some(rate * 60.0 / minutes),
        _ => None,
    })
}

/// What a rate counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Amount {
    /// A mass, in micrograms.
    Micrograms(f64),
    /// International or other units of effect.
    Units,
    /// A volume, an amount of substance or of energy.
    Other,
}

/// A unit of a rate, taken apart: what is given, whether for each kilogram of the body, and in how many minutes.
fn per_time(unit: &str) -> Option<(Amount, bool, f64)> {
    let mut parts = unit.split('/');
    let amount = match parts.next()? {
        "ng" => Amount::Micrograms(1e-3),
        "ug" => Amount::Micrograms(1.0),
        "mg" => Amount::Micrograms(1e3),
        "g" => Amount::Micrograms(1e6),
        "U" | "[IU]" => Amount::Units,
        "mL" | "L" | "meq" | "mmol" | "kcal" => Amount::Other,
        _ => return None,
    };
    let (per_kg, time) = match (parts.next()?, parts.next(), parts.next()) {
        ("kg", Some(time), None) => (true, time),
        (time, None, None) => (false, time),
        _ => return None,
    };
    let minutes = match time {
        "min" => 1.0,
        "h" => 60.0,
        "d" => 1440.0,
        _ => return None,
    };
    Some((amount, per_kg, minutes))
}

#[cfg(test)]
mod tests {
    use strata_types::Timestamp;

    use super::*;

    fn result(test: &str, value: f64, unit: &str, source: &str) -> LabResult {
        let line = serde_json::json!({
            "patient_id": "p", "timestamp": "2026-01-01T00:00:00Z", "test_name": test, "value": value,
            "unit": unit, "source": source, "reference_range": "0.5-1.5",
        });
        serde_json::from_value(line).unwrap()
    }

    /// Fault 27: unit standardisation did not exist. Each suspicious unit has a rule with a name.
    #[test]
    fn suspicious_units_are_resolved_by_name() {
        let cases = [
            ("Lactate", 1.8, "mg/dL", "physionet-2019", Ok(("lactate", 1.8, Some("lactate_is_mmol_per_l")))),
            ("lactate", 18.0, "mg/dL", "lab-a", Ok(("lactate", 1.998, None))),
            ("magnesium", 2.0, "mmol/dL", "physionet-2019", Ok(("magnesium", 2.0, Some("magnesium_is_mg_per_dl")))),
            ("magnesium", 2.0, "mmol/L", "physionet-2012", Ok(("magnesium", 2.0, Some("magnesium_is_mg_per_dl")))),
            ("magnesium", 1.0, "mmol/L", "lab-a", Ok(("magnesium", 2.431, None))),
            ("Calcium", 1.2, "mg/dL", "lab-a", Ok(("calcium_ionised", 1.2, Some("calcium_is_ionised")))),
            ("Calcium", 9.1, "mg/dL", "lab-a", Ok(("calcium_total", 9.1, None))),
            ("glucose", 5.0, "mmol/L", "lab-a", Ok(("glucose", 90.08, None))),
            ("AST", 40.0, "IU/L", "lab-a", Ok(("ast", 40.0, None))),
            ("sodium", 140.0, "stone", "lab-a", Err("unknown_unit")),
            ("midichlorians", 9.0, "1", "lab-a", Err("unknown_test")),
        ];
        for (test, value, unit, source, expected) in cases {
            match (lab(&result(test, value, unit, source)), expected) {
                (Ok(got), Ok((name, canonical, rule))) => {
                    assert_eq!((got.variable.name, got.rule), (name, rule), "{test}");
                    assert!((got.value - canonical).abs() < 1e-9, "{test}: {}", got.value);
                }
                (got, expected) => {
                    assert_eq!(got.map(|lab| lab.variable.name).map_err(|f| f.rule), expected.map(|e| e.0), "{test}");
                }
            }
        }
    }

    #[test]
    fn a_reference_range_is_converted_with_its_value() {
        let glucose = lab(&result("glucose", 5.0, "mmol/L", "lab-a")).unwrap();
        let (low, high) = glucose.reference.unwrap();
        assert!((low - 9.008).abs() < 1e-9 && (high - 27.024).abs() < 1e-9);
        assert_eq!(parse_range("-2-2.5"), Some((-2.0, 2.5)));
        assert_eq!(parse_range("negative"), None);
    }

    #[test]
    fn temperatures_and_fractions() {
        let cases = [
            (37.0, None, Some(37.0), None),
            (98.6, Some("[degF]"), Some(37.0), None),
            (98.6, None, Some(37.0), Some("temperature_is_fahrenheit")),
            (310.0, Some("K"), None, None),
        ];
        for (value, unit, expected, rule) in cases {
            let mut reading = Vitals::at("p".parse().unwrap(), Timestamp(0), "m");
            (reading.temperature, reading.temperature_unit) = (Some(value), unit.map(str::to_owned));
            (reading.fio2, reading.spo2) = (Some(0.21), Some(97.0));
            let mut findings = Vec::new();
            let raw = vitals(&mut reading, &mut findings);
            assert_eq!(raw.temperature.and_then(|raw| raw.rule), rule);
            assert_eq!(reading.temperature.map(|t| (t * 1e9).round() / 1e9), expected);
            assert_eq!(findings.len(), usize::from(expected.is_none()));
            assert_eq!((reading.fio2, reading.spo2), (Some(21.0), Some(97.0)));
        }
    }

    #[test]
    fn rates_are_canonical_where_their_unit_says_all_that_is_needed() {
        let cases = [
            (0.1, None, false, Ok(Some(0.1))),
            (0.1, Some("mcg/kg/min"), false, Ok(Some(0.1))),
            (6.0, Some("ug/kg/h"), false, Ok(Some(0.1))),
            (3.0, Some("mg/kg/h"), false, Ok(Some(50.0))),
            (2.4, None, true, Ok(Some(2.4))),
            (0.04, Some("U/min"), true, Ok(Some(2.4))),
            // Charted so in MIMIC-IV, and no error.
            (50.0, Some("mL/h"), false, Ok(None)),
            (4.0, Some("mg/h"), false, Ok(None)),
            (5.0, Some("U/h"), false, Ok(None)),
            (10.0, Some("meq/h"), false, Ok(None)),
            (0.1, Some("ug/kg/min"), true, Ok(None)),
            (7.0, Some("drops/h"), false, Err("unknown_unit")),
            (7.0, Some("mg/kg/h/m2"), false, Err("unknown_unit")),
            (7.0, Some("mg"), false, Err("unknown_unit")),
        ];
        for (value, unit, is_vasopressin, expected) in cases {
            let line = serde_json::json!({
                "patient_id": "p", "timestamp": "2026-01-01T00:00:00Z", "drug_name": "x", "dosage": 1.0, "unit": "mg",
                "route": "intravenous", "rate": value, "rate_unit": unit,
            });
            let dose: Medication = serde_json::from_value(line).unwrap();
            let canonical = rate(&dose, is_vasopressin).map_err(|finding| finding.rule);
            let canonical = canonical.map(|rate| rate.map(|rate| (rate * 1e9_f64).round() / 1e9));
            assert_eq!(canonical, expected, "{value} {unit:?}");
        }
    }
}
