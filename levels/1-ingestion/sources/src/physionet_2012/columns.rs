//! The parameters of the set and what each becomes.
//!
//! Units are those that the set documents, the wrong one included (magnesium in mmol/L, whose median
//! of 2.0 is one of mg/dL): the refinery corrects it by a rule that has a name. `ug/L` is written
//! `ng/mL`, and `cells/nL` `10*3/uL`: the same quantities in the spelling that UCUM prefers here.

use strata_types::event::Vitals;

/// A field of a reading.
pub(super) type Field = fn(&mut Vitals) -> &mut Option<f64>;

/// What a parameter's values become.
#[derive(Clone, Copy, Debug)]
pub(super) enum Becomes {
    /// A field of the minute's reading.
    Vital(Field),
    /// A pressure of the reading, of an arterial line or of a cuff.
    Pressure(Way, Field),
    /// A laboratory result of its own: the variable and the documented unit.
    Lab { variable: &'static str, unit: &'static str },
    /// Part of the patient's record, when it stands at 00:00.
    Descriptor,
    /// Nothing: it is counted, with this reason.
    Nothing(&'static str),
}

/// How a pressure was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Arterial,
    Cuff,
}

/// A parameter of the set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) becomes: Becomes,
}

/// The parameter of this name.
pub(super) fn parameter(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}

#[rustfmt::skip]
static PARAMETERS: [Parameter; 42] = [
    vital("HR", |v| &mut v.heart_rate),
    pressure("MAP", Way::Arterial, |v| &mut v.mean_arterial_pressure),
    pressure("SysABP", Way::Arterial, |v| &mut v.blood_pressure_systolic),
    pressure("DiasABP", Way::Arterial, |v| &mut v.blood_pressure_diastolic),
    nothing("Urine", "urine output: no variable"),
    descriptor("Weight"),
    pressure("NISysABP", Way::Cuff, |v| &mut v.blood_pressure_systolic),
    pressure("NIDiasABP", Way::Cuff, |v| &mut v.blood_pressure_diastolic),
    pressure("NIMAP", Way::Cuff, |v| &mut v.mean_arterial_pressure),
    vital("Temp", |v| &mut v.temperature),
    vital("GCS", |v| &mut v.gcs),
    vital("RespRate", |v| &mut v.respiratory_rate),
    vital("FiO2", |v| &mut v.fio2),
    nothing("MechVent", "mechanical ventilation: no variable"),
    lab("pH", "ph", "pH"),
    lab("PaCO2", "pco2", "mmHg"),
    lab("PaO2", "po2", "mmHg"),
    lab("HCT", "haematocrit", "%"),
    lab("K", "potassium", "mEq/L"),
    lab("Platelets", "platelets", "10*3/uL"),
    lab("Creatinine", "creatinine", "mg/dL"),
    lab("BUN", "bun", "mg/dL"),
    lab("HCO3", "bicarbonate", "mmol/L"),
    lab("Mg", "magnesium", "mmol/L"),
    lab("Na", "sodium", "mEq/L"),
    lab("Glucose", "glucose", "mg/dL"),
    lab("WBC", "wbc", "10*3/uL"),
    nothing("SaO2", "arterial saturation: no variable, and not the same as spo2"),
    lab("Lactate", "lactate", "mmol/L"),
    descriptor("RecordID"),
    descriptor("Height"),
    descriptor("Gender"),
    descriptor("ICUType"),
    descriptor("Age"),
    lab("Bilirubin", "bilirubin_total", "mg/dL"),
    lab("AST", "ast", "IU/L"),
    lab("ALT", "alt", "IU/L"),
    lab("ALP", "alp", "IU/L"),
    lab("Albumin", "albumin", "g/dL"),
    lab("TroponinT", "troponin_t", "ng/mL"),
    lab("TroponinI", "troponin_i", "ng/mL"),
    nothing("Cholesterol", "cholesterol: no variable"),
];

const fn vital(name: &'static str, field: Field) -> Parameter {
    Parameter { name, becomes: Becomes::Vital(field) }
}

const fn pressure(name: &'static str, way: Way, field: Field) -> Parameter {
    Parameter { name, becomes: Becomes::Pressure(way, field) }
}

const fn lab(name: &'static str, variable: &'static str, unit: &'static str) -> Parameter {
    Parameter { name, becomes: Becomes::Lab { variable, unit } }
}

const fn descriptor(name: &'static str) -> Parameter {
    Parameter { name, becomes: Becomes::Descriptor }
}

const fn nothing(name: &'static str, reason: &'static str) -> Parameter {
    Parameter { name, becomes: Becomes::Nothing(reason) }
}

#[cfg(test)]
mod tests {
    use strata_types::unit::to_canonical;
    use strata_types::{Group, Variable};

    use super::*;

    /// Fault 27: unit standardisation did not exist. Each documented unit has a way to the canonical one.
    #[test]
    fn every_lab_is_a_variable_in_a_unit_that_is_known() {
        for parameter in &PARAMETERS {
            if let Becomes::Lab { variable, unit } = parameter.becomes {
                let known = Variable::by_name(variable).unwrap();
                assert_eq!((known.name, known.group), (variable, Group::Lab));
                assert!(to_canonical(known, 1.0, unit).is_some(), "{}: {unit}", parameter.name);
            }
        }
    }

    #[test]
    fn no_parameter_stands_twice() {
        for parameter in &PARAMETERS {
            assert_eq!(PARAMETERS.iter().filter(|other| other.name == parameter.name).count(), 1);
        }
    }
}
