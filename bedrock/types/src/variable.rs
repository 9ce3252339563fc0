//! The variables: one table with each one's names, codes, canonical unit, conversions and ranges.
//!
//! LOINC and UCUM codes and the ranges come from `ricu` and MIMIC-Extract as collected in the
//! reference data; the bounds of the six bedside vitals are those of the peer benchmark. Reference
//! and critical limits are common adult limits; a result that carries its own reference range is
//! judged by that one.

use crate::unit::Conversion;

/// Whether a variable is charted at the bedside or comes from the laboratory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Charted at the bedside.
    Vital,
    /// Reported by a laboratory.
    Lab,
}
use Group::{Lab, Vital};

/// What can be measured of a patient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variable {
    /// Its name in tables and reports.
    pub name: &'static str,
    /// Bedside or laboratory.
    pub group: Group,
    /// Its LOINC code.
    pub loinc: &'static str,
    /// Its canonical unit, a UCUM code.
    pub ucum: &'static str,
    /// The least valid value in the canonical unit, inclusive.
    pub low: f64,
    /// The greatest valid value in the canonical unit, inclusive.
    pub high: f64,
    /// Its field in the vitals or patients event, where it has one.
    pub event_field: Option<&'static str>,
    /// What its features' names start with.
    pub feature_prefix: &'static str,
    /// Further LOINC codes that mean the same here.
    pub other_loinc: &'static [&'static str],
    /// Further names that senders use, in lower case with `_`.
    pub aliases: &'static [&'static str],
    /// Other units, and how they become the canonical one.
    pub conversions: &'static [Conversion],
    /// The adult reference range: results outside are abnormal.
    pub reference: Option<(f64, f64)>,
    /// The critical limits: results beyond them are critical.
    pub critical: Option<(f64, f64)>,
}

impl Variable {
    /// The variable of this name or alias; case, spaces and `-` do not matter.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        let exact = VARIABLES.iter().find(|variable| variable.name == name);
        exact.or_else(|| {
            let name = name.trim().to_ascii_lowercase().replace([' ', '-'], "_");
            VARIABLES.iter().find(|v| v.name == name || v.aliases.contains(&name.as_str()))
        })
    }

    /// The variable of this LOINC code.
    pub fn by_loinc(loinc: &str) -> Option<&'static Self> {
        VARIABLES.iter().find(|v| v.loinc == loinc || v.other_loinc.contains(&loinc))
    }

    /// The variable behind a field of the vitals or patients event.
    pub fn by_event_field(field: &str) -> Option<&'static Self> {
        VARIABLES.iter().find(|variable| variable.event_field == Some(field))
    }

    /// Whether a value in the canonical unit is possible.
    pub fn accepts(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    const fn field(mut self, field: &'static str) -> Self {
        self.event_field = Some(field);
        self
    }

    const fn prefix(mut self, prefix: &'static str) -> Self {
        self.feature_prefix = prefix;
        self
    }

    const fn also(mut self, loinc: &'static [&'static str]) -> Self {
        self.other_loinc = loinc;
        self
    }

    const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    const fn converting(mut self, conversions: &'static [Conversion]) -> Self {
        self.conversions = conversions;
        self
    }

    const fn reference(mut self, low: f64, high: f64) -> Self {
        self.reference = Some((low, high));
        self
    }

    const fn critical(mut self, low: f64, high: f64) -> Self {
        self.critical = Some((low, high));
        self
    }
}

const fn variable(
    name: &'static str,
    group: Group,
    loinc: &'static str,
    ucum: &'static str,
    low: f64,
    high: f64,
) -> Variable {
    Variable {
        name,
        group,
        loinc,
        ucum,
        low,
        high,
        event_field: None,
        feature_prefix: name,
        other_loinc: &[],
        aliases: &[],
        conversions: &[],
        reference: None,
        critical: None,
    }
}

/// Every variable that Strata knows.
#[rustfmt::skip]
pub static VARIABLES: [Variable; 44] = [
    variable("heart_rate", Vital, "8867-4", "/min", 20.0, 300.0)
        .field("heart_rate")
        .prefix("hr"),
    variable("respiratory_rate", Vital, "9279-1", "/min", 2.0, 80.0)
        .field("respiratory_rate")
        .prefix("rr"),
    variable("spo2", Vital, "59408-5", "%", 50.0, 100.0)
        .field("spo2")
        .also(&["2708-6"])
        .aliases(&["o2sat"])
        .converting(&[Conversion::new("1", 0.0, 100.0, 1.0)]),
    variable("body_temperature", Vital, "8310-5", "Cel", 30.0, 44.0)
        .field("temperature")
        .prefix("temp")
        .also(&["8331-1"])
        .converting(&[Conversion::new("[degF]", 32.0, 5.0, 9.0)]),
    variable("sbp", Vital, "8480-6", "mm[Hg]", 40.0, 300.0)
        .field("blood_pressure_systolic")
        .also(&["76534-7"])
        .converting(&[Conversion::new("kPa", 0.0, 1.0, 0.1333)]),
    variable("dbp", Vital, "8462-4", "mm[Hg]", 20.0, 200.0)
        .field("blood_pressure_diastolic")
        .also(&["76535-4"])
        .converting(&[Conversion::new("kPa", 0.0, 1.0, 0.1333)]),
    variable("map", Vital, "8478-0", "mm[Hg]", 0.0, 250.0)
        .field("mean_arterial_pressure")
        .also(&["76536-2"])
        .converting(&[Conversion::new("kPa", 0.0, 1.0, 0.1333)]),
    variable("etco2", Vital, "19891-1", "mm[Hg]", 10.0, 60.0)
        .field("etco2")
        .converting(&[Conversion::new("%", 0.0, 7.6, 1.0)]),
    variable("fio2", Vital, "3150-0", "%", 21.0, 100.0)
        .field("fio2")
        .converting(&[Conversion::new("1", 0.0, 100.0, 1.0)]),
    variable("body_weight", Vital, "29463-7", "kg", 1.0, 500.0)
        .field("weight")
        .prefix("weight")
        .converting(&[Conversion::new("[lb_av]", 0.0, 0.453_592_37, 1.0)]),
    variable("body_height", Vital, "8302-2", "cm", 10.0, 230.0)
        .field("height")
        .prefix("height")
        .converting(&[Conversion::new("[in_i]", 0.0, 2.54, 1.0)]),
    variable("gcs_total", Vital, "9269-2", "{score}", 3.0, 15.0)
        .field("gcs")
        .prefix("gcs"),
    variable("lactate", Lab, "32693-4", "mmol/L", 0.0, 50.0)
        .also(&["2524-7"])
        .converting(&[Conversion::new("mg/dL", 0.0, 0.111, 1.0)])
        .reference(0.5, 2.2)
        .critical(f64::NEG_INFINITY, 4.0),
    variable("creatinine", Lab, "2160-0", "mg/dL", 0.0, 15.0)
        .also(&["38483-4"])
        .aliases(&["crea"])
        .converting(&[Conversion::new("umol/L", 0.0, 1.0, 88.4)])
        .reference(0.6, 1.3)
        .critical(f64::NEG_INFINITY, 7.5),
    variable("bun", Lab, "3094-0", "mg/dL", 0.0, 200.0)
        .also(&["6299-2"])
        .aliases(&["urea_nitrogen"])
        .converting(&[Conversion::new("mmol/L", 0.0, 2.8, 1.0)])
        .reference(7.0, 20.0)
        .critical(f64::NEG_INFINITY, 100.0),
    variable("sodium", Lab, "2951-2", "mmol/L", 110.0, 165.0)
        .also(&["2947-0"])
        .aliases(&["na"])
        .converting(&[Conversion::new("meq/L", 0.0, 1.0, 1.0)])
        .reference(135.0, 145.0)
        .critical(120.0, 160.0),
    variable("potassium", Lab, "2823-3", "mmol/L", 0.0, 10.0)
        .also(&["6298-4"])
        .aliases(&["k"])
        .converting(&[Conversion::new("meq/L", 0.0, 1.0, 1.0)])
        .reference(3.5, 5.0)
        .critical(2.5, 6.5),
    variable("chloride", Lab, "2075-0", "mmol/L", 80.0, 130.0)
        .also(&["2069-3"])
        .aliases(&["cl"])
        .converting(&[Conversion::new("meq/L", 0.0, 1.0, 1.0)])
        .reference(98.0, 106.0)
        .critical(75.0, 125.0),
    variable("bicarbonate", Lab, "1963-8", "mmol/L", 5.0, 50.0)
        .also(&["1959-6"])
        .aliases(&["hco3", "tco2"])
        .converting(&[Conversion::new("meq/L", 0.0, 1.0, 1.0)])
        .reference(22.0, 29.0)
        .critical(10.0, 40.0),
    variable("anion_gap", Lab, "1863-0", "mmol/L", 5.0, 50.0)
        .converting(&[Conversion::new("meq/L", 0.0, 1.0, 1.0)])
        .reference(8.0, 16.0)
        .critical(f64::NEG_INFINITY, 25.0),
    variable("glucose", Lab, "2345-7", "mg/dL", 0.0, 1000.0)
        .also(&["2339-0"])
        .converting(&[Conversion::new("mmol/L", 0.0, 18.016, 1.0)])
        .reference(70.0, 140.0)
        .critical(40.0, 450.0),
    variable("calcium_total", Lab, "17861-6", "mg/dL", 4.0, 20.0)
        .also(&["49765-1"])
        .aliases(&["calcium"])
        .converting(&[Conversion::new("mmol/L", 0.0, 4.008, 1.0)])
        .reference(8.5, 10.5)
        .critical(6.0, 13.0),
    variable("calcium_ionised", Lab, "1994-3", "mmol/L", 0.5, 2.0)
        .aliases(&["ionized_calcium", "calcium_ionized"])
        .converting(&[Conversion::new("mg/dL", 0.0, 0.2495, 1.0)])
        .reference(1.12, 1.32)
        .critical(0.75, 1.6),
    variable("magnesium", Lab, "19123-9", "mg/dL", 0.5, 5.0)
        .aliases(&["mg"])
        .converting(&[Conversion::new("mmol/L", 0.0, 2.431, 1.0), Conversion::new("meq/L", 0.0, 1.215, 1.0)])
        .reference(1.7, 2.2)
        .critical(1.0, 4.7),
    variable("phosphate", Lab, "2777-1", "mg/dL", 0.0, 40.0)
        .aliases(&["phosphorus"])
        .converting(&[Conversion::new("mmol/L", 0.0, 3.0975, 1.0)])
        .reference(2.5, 4.5)
        .critical(1.0, 8.9),
    variable("bilirubin_total", Lab, "1975-2", "mg/dL", 0.0, 100.0)
        .aliases(&["bilirubin"])
        .converting(&[Conversion::new("umol/L", 0.0, 1.0, 17.1)])
        .reference(0.1, 1.2)
        .critical(f64::NEG_INFINITY, 15.0),
    variable("albumin", Lab, "1751-7", "g/dL", 0.0, 6.0)
        .converting(&[Conversion::new("g/L", 0.0, 0.1, 1.0)])
        .reference(3.5, 5.0)
        .critical(1.5, f64::INFINITY),
    variable("ast", Lab, "1920-8", "U/L", 0.0, 20000.0)
        .aliases(&["asat"])
        .converting(&[Conversion::new("ukat/L", 0.0, 1.0, 0.0167)])
        .reference(8.0, 40.0)
        .critical(f64::NEG_INFINITY, 1000.0),
    variable("alt", Lab, "1742-6", "U/L", 0.0, 10000.0)
        .aliases(&["alat"])
        .converting(&[Conversion::new("ukat/L", 0.0, 1.0, 0.0167)])
        .reference(7.0, 40.0)
        .critical(f64::NEG_INFINITY, 1000.0),
    variable("alp", Lab, "6768-6", "U/L", 0.0, 3625.0)
        .aliases(&["alkaline_phosphatase", "alkalinephos"])
        .converting(&[Conversion::new("ukat/L", 0.0, 1.0, 0.0167)])
        .reference(44.0, 147.0),
    variable("wbc", Lab, "6690-2", "10*3/uL", 0.0, 1000.0)
        .aliases(&["white_blood_cells", "leukocytes"])
        .converting(&[Conversion::new("10*9/L", 0.0, 1.0, 1.0)])
        .reference(4.0, 11.0)
        .critical(1.0, 40.0),
    variable("platelets", Lab, "777-3", "10*3/uL", 5.0, 1200.0)
        .aliases(&["platelet_count", "plt"])
        .converting(&[Conversion::new("10*9/L", 0.0, 1.0, 1.0)])
        .reference(150.0, 400.0)
        .critical(20.0, 1000.0),
    variable("haemoglobin", Lab, "718-7", "g/dL", 4.0, 18.0)
        .aliases(&["hemoglobin", "hgb", "hb"])
        .converting(&[Conversion::new("g/L", 0.0, 0.1, 1.0), Conversion::new("mmol/L", 0.0, 1.6113, 1.0)])
        .reference(12.0, 17.5)
        .critical(7.0, 20.0),
    variable("haematocrit", Lab, "4544-3", "%", 15.0, 60.0)
        .aliases(&["hematocrit", "hct"])
        .converting(&[Conversion::new("1", 0.0, 100.0, 1.0)])
        .reference(36.0, 50.0)
        .critical(21.0, 60.0),
    variable("inr", Lab, "6301-6", "{INR}", 0.0, f64::INFINITY)
        .reference(0.8, 1.2)
        .critical(f64::NEG_INFINITY, 5.0),
    variable("ptt", Lab, "14979-9", "s", 0.0, 150.0)
        .aliases(&["aptt"])
        .reference(25.0, 35.0)
        .critical(f64::NEG_INFINITY, 100.0),
    variable("fibrinogen", Lab, "3255-7", "mg/dL", 0.0, 1500.0)
        .converting(&[Conversion::new("g/L", 0.0, 100.0, 1.0)])
        .reference(200.0, 400.0)
        .critical(100.0, f64::INFINITY),
    variable("ph", Lab, "11558-4", "[pH]", 6.8, 8.0)
        .also(&["2744-1"])
        .reference(7.35, 7.45)
        .critical(7.2, 7.6),
    variable("pco2", Lab, "11557-6", "mm[Hg]", 10.0, 150.0)
        .also(&["2019-8"])
        .aliases(&["paco2"])
        .converting(&[Conversion::new("kPa", 0.0, 1.0, 0.1333)])
        .reference(35.0, 45.0)
        .critical(20.0, 70.0),
    variable("po2", Lab, "11556-8", "mm[Hg]", 40.0, 600.0)
        .also(&["2703-7"])
        .aliases(&["pao2"])
        .converting(&[Conversion::new("kPa", 0.0, 1.0, 0.1333)])
        .reference(75.0, 100.0)
        .critical(40.0, f64::INFINITY),
    variable("base_excess", Lab, "11555-0", "mmol/L", -25.0, 25.0)
        .aliases(&["baseexcess", "be"])
        .converting(&[Conversion::new("meq/L", 0.0, 1.0, 1.0)])
        .reference(-2.0, 2.0)
        .critical(-10.0, 10.0),
    variable("troponin_t", Lab, "6598-7", "ng/mL", 0.0, 20.85)
        .aliases(&["troponint"])
        .converting(&[Conversion::new("ng/L", 0.0, 1.0, 1000.0)])
        .reference(0.0, 0.014)
        .critical(f64::NEG_INFINITY, 0.1),
    variable("troponin_i", Lab, "10839-9", "ng/mL", 0.0, 49.6)
        .aliases(&["troponini"])
        .converting(&[Conversion::new("ng/L", 0.0, 1.0, 1000.0)])
        .reference(0.0, 0.04)
        .critical(f64::NEG_INFINITY, 0.4),
    variable("crp", Lab, "1988-5", "mg/L", 0.0, f64::INFINITY)
        .converting(&[Conversion::new("mg/dL", 0.0, 10.0, 1.0)])
        .reference(0.0, 10.0),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_codes_are_unique() {
        let mut seen = HashSet::new();
        for variable in &VARIABLES {
            assert!(seen.insert(variable.name), "{}", variable.name);
            assert!(variable.low < variable.high, "{}", variable.name);
            for name in variable.aliases {
                assert!(seen.insert(name), "{name}");
            }
            for loinc in variable.other_loinc.iter().chain([&variable.loinc]) {
                assert!(seen.insert(loinc), "{loinc}");
            }
        }
    }

    /// Fault 29: tests were looked up in lower case among upper-cased names, so 18 of 19 were null.
    #[test]
    fn names_are_found_in_any_case() {
        for name in ["WBC", "White Blood Cells", "wbc", "leukocytes"] {
            assert_eq!(Variable::by_name(name).map(|v| v.name), Some("wbc"), "{name}");
        }
        assert_eq!(Variable::by_loinc("2708-6").map(|v| v.name), Some("spo2"));
        assert_eq!(Variable::by_name("shoe size"), None);
    }
}
