//! The 41 columns of the set and what each becomes.
//!
//! Units are those that the set documents, wrong ones included (lactate in mg/dL, magnesium in
//! mmol/dL, `FiO2` as a fraction under the heading of percent): the refinery corrects them by rules
//! that have names, so that a correction can be seen and undone.

use strata_types::event::Vitals;

/// Columns of every row.
pub(super) const COUNT: usize = 41;

/// A column of the set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) becomes: Becomes,
}

/// What a column's values become.
#[derive(Clone, Copy, Debug)]
pub(super) enum Becomes {
    /// A field of the row's reading of vital signs.
    Vital(fn(&mut Vitals) -> &mut Option<f64>),
    /// A laboratory result of its own: the variable and the documented unit.
    Lab { variable: &'static str, unit: &'static str },
    /// Part of the patient's record, the row's time or its label.
    Stay,
    /// Nothing: it is counted, with this reason.
    Nothing(&'static str),
}

/// The columns after the measurements, by their place.
pub(super) const AGE: usize = 34;
pub(super) const GENDER: usize = 35;
pub(super) const UNIT_1: usize = 36;
pub(super) const UNIT_2: usize = 37;
pub(super) const HOSP_ADM_TIME: usize = 38;
pub(super) const ICULOS: usize = 39;
pub(super) const SEPSIS_LABEL: usize = 40;

/// The columns, in the order of the files.
#[rustfmt::skip]
pub(super) static COLUMNS: [Column; COUNT] = [
    vital("HR", |v| &mut v.heart_rate),
    vital("O2Sat", |v| &mut v.spo2),
    vital("Temp", |v| &mut v.temperature),
    vital("SBP", |v| &mut v.blood_pressure_systolic),
    vital("MAP", |v| &mut v.mean_arterial_pressure),
    vital("DBP", |v| &mut v.blood_pressure_diastolic),
    vital("Resp", |v| &mut v.respiratory_rate),
    vital("EtCO2", |v| &mut v.etco2),
    lab("BaseExcess", "base_excess", "mmol/L"),
    lab("HCO3", "bicarbonate", "mmol/L"),
    vital("FiO2", |v| &mut v.fio2),
    lab("pH", "ph", "pH"),
    lab("PaCO2", "pco2", "mmHg"),
    nothing("SaO2", "arterial saturation: no variable, and not the same as spo2"),
    lab("AST", "ast", "IU/L"),
    lab("BUN", "bun", "mg/dL"),
    lab("Alkalinephos", "alp", "IU/L"),
    lab("Calcium", "calcium_total", "mg/dL"),
    lab("Chloride", "chloride", "mmol/L"),
    lab("Creatinine", "creatinine", "mg/dL"),
    nothing("Bilirubin_direct", "direct bilirubin: no variable, only the total has one"),
    lab("Glucose", "glucose", "mg/dL"),
    lab("Lactate", "lactate", "mg/dL"),
    lab("Magnesium", "magnesium", "mmol/dL"),
    lab("Phosphate", "phosphate", "mg/dL"),
    lab("Potassium", "potassium", "mmol/L"),
    lab("Bilirubin_total", "bilirubin_total", "mg/dL"),
    lab("TroponinI", "troponin_i", "ng/mL"),
    lab("Hct", "haematocrit", "%"),
    lab("Hgb", "haemoglobin", "g/dL"),
    lab("PTT", "ptt", "s"),
    lab("WBC", "wbc", "10^3/uL"),
    lab("Fibrinogen", "fibrinogen", "mg/dL"),
    lab("Platelets", "platelets", "10^3/uL"),
    stay("Age"),
    stay("Gender"),
    stay("Unit1"),
    stay("Unit2"),
    stay("HospAdmTime"),
    stay("ICULOS"),
    stay("SepsisLabel"),
];

/// Checks the first line of a file; the error names the columns.
pub(super) fn check_header(line: &[u8]) -> Result<(), String> {
    let text = String::from_utf8_lossy(line);
    let found: Vec<&str> = text.trim_start_matches('\u{feff}').split('|').collect();
    if found.iter().eq(COLUMNS.iter().map(|column| &column.name)) {
        return Ok(());
    }
    let known = |name: &&str| COLUMNS.iter().any(|column| column.name == *name);
    if !found.iter().any(known) {
        return Err("no header of PhysioNet 2019: the first line must name its 41 columns, HR|O2Sat|Temp|...".into());
    }
    let missing: Vec<_> = COLUMNS.iter().map(|column| column.name).filter(|name| !found.contains(name)).collect();
    let strange: Vec<_> = found.iter().copied().filter(|name| !known(name)).map(shorten).collect();
    let complaints = [("missing", missing.join(", ")), ("unknown", strange.join(", "))];
    let complaints: Vec<_> = complaints
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| format!("{what}: {names}"))
        .collect();
    if complaints.is_empty() {
        return Err("the header's columns are doubled or in another order than the set's".into());
    }
    Err(format!("the header is not that of PhysioNet 2019; columns {}", complaints.join("; ")))
}

/// As much of a strange text as an error should repeat.
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(24).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

const fn vital(name: &'static str, field: fn(&mut Vitals) -> &mut Option<f64>) -> Column {
    Column { name, becomes: Becomes::Vital(field) }
}

const fn lab(name: &'static str, variable: &'static str, unit: &'static str) -> Column {
    Column { name, becomes: Becomes::Lab { variable, unit } }
}

const fn nothing(name: &'static str, reason: &'static str) -> Column {
    Column { name, becomes: Becomes::Nothing(reason) }
}

const fn stay(name: &'static str) -> Column {
    Column { name, becomes: Becomes::Stay }
}

#[cfg(test)]
mod tests {
    use strata_types::{Group, VARIABLES};

    use super::*;

    #[test]
    fn every_lab_is_a_variable_under_its_own_name() {
        for column in &COLUMNS {
            if let Becomes::Lab { variable, .. } = column.becomes {
                let known = VARIABLES.iter().find(|known| known.name == variable);
                assert_eq!(known.map(|known| known.group), Some(Group::Lab), "{}", column.name);
            }
        }
    }

    #[test]
    fn the_places_have_their_names() {
        let places = [AGE, GENDER, UNIT_1, UNIT_2, HOSP_ADM_TIME, ICULOS, SEPSIS_LABEL];
        let names = places.map(|place| COLUMNS[place].name);
        assert_eq!(names, ["Age", "Gender", "Unit1", "Unit2", "HospAdmTime", "ICULOS", "SepsisLabel"]);
    }

    #[test]
    fn a_wrong_header_names_the_columns() {
        let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
        let right = names.join("|");
        let check = |header: &str, expect: &str| {
            let error = check_header(header.as_bytes()).unwrap_err();
            assert!(error.contains(expect), "{error}");
        };
        assert_eq!(check_header(right.as_bytes()), Ok(()));
        check(&right.replace("|SepsisLabel", ""), "missing: SepsisLabel");
        check(&right.replace("Lactate", "Lactat"), "missing: Lactate; unknown: Lactat");
        check(&right.replace("HR|O2Sat", "O2Sat|HR"), "another order");
        check("a,b,c", "no header");
        check("", "no header");
    }
}
