//! What a code means.

use strata_types::event::Severity;
use strata_types::{Group, Variable};

use crate::mimic_iv::items::{Becomes, Item, item};
use crate::mimic_iv::labs;

/// What a row of a code is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning<'a> {
    Birth,
    Death,
    Sex(&'a str),
    Admission,
    UnitAdmission(&'a str),
    /// A vital sign; a value in another unit than the item's becomes one by the variable's conversions.
    Vital {
        item: &'static Item,
        unit: Option<(&'static Variable, &'a str)>,
    },
    Lab {
        variable: &'static Variable,
        loinc: &'a str,
        unit: &'a str,
    },
    Dose {
        drug: &'a str,
        unit: &'a str,
    },
    InfusionStart {
        drug: &'a str,
        unit: &'a str,
    },
    InfusionEnd {
        drug: &'a str,
        unit: &'a str,
    },
    AdverseEvent {
        kind: &'a str,
        severity: Severity,
    },
    Nothing(&'static str),
}

/// The meaning of a code, by its parts between `//`.
pub(super) fn meaning(code: &str) -> Meaning<'_> {
    let mut parts = code.splitn(3, "//");
    let (prefix, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    // Some write `LOINC/8867-4`.
    let (prefix, second) = match prefix.split_once('/') {
        Some(("LOINC", loinc)) => ("LOINC", Some(loinc)),
        _ => (prefix, second),
    };
    let unit = third.filter(|unit| !unit.is_empty() && *unit != "UNK");
    match (prefix, second) {
        ("MEDS_BIRTH", None) => Meaning::Birth,
        ("MEDS_DEATH", _) => Meaning::Death,
        ("GENDER", Some(sex)) => Meaning::Sex(sex),
        ("HOSPITAL_ADMISSION", _) => Meaning::Admission,
        ("ICU_ADMISSION", unit) => Meaning::UnitAdmission(unit.unwrap_or_default()),
        ("LOINC", Some(loinc)) => of_loinc(loinc, unit),
        ("LAB", Some(id)) => of_item(id, unit),
        ("MEDICATION", Some(drug)) => {
            third.map_or(Meaning::Nothing("no unit of the dose"), |unit| Meaning::Dose { drug, unit })
        }
        ("INFUSION_START" | "INFUSION_END", Some(drug)) => match third {
            Some(unit) if prefix == "INFUSION_START" => Meaning::InfusionStart { drug, unit },
            Some(unit) => Meaning::InfusionEnd { drug, unit },
            None => Meaning::Nothing("no unit of the rate or of the amount"),
        },
        ("ADVERSE_EVENT", Some(kind)) => match third.and_then(severity) {
            Some(severity) => Meaning::AdverseEvent { kind, severity },
            None => Meaning::Nothing("no grade"),
        },
        _ => Meaning::Nothing("no known code"),
    }
}

/// A code without a unit is taken as the variable's own: so write those that name a LOINC code alone.
fn of_loinc<'a>(loinc: &'a str, unit: Option<&'a str>) -> Meaning<'a> {
    let Some(variable) = Variable::by_loinc(loinc) else { return Meaning::Nothing("no variable has this code") };
    let unit = unit.unwrap_or(variable.ucum);
    match VITALS.iter().find(|item| item.name == variable.name) {
        Some(item) => Meaning::Vital { item, unit: Some((variable, unit)) },
        None if variable.group == Group::Lab => Meaning::Lab { variable, loinc, unit },
        None => Meaning::Nothing("weight and height come with the patient"),
    }
}

/// An item of MIMIC-IV: charted, or of the laboratory.
fn of_item<'a>(id: &str, unit: Option<&'a str>) -> Meaning<'a> {
    let Ok(id) = id.parse::<u32>() else { return Meaning::Nothing("no known code") };
    if let Some(item) = item(id) {
        return Meaning::Vital { item, unit: None };
    }
    let loinc = labs::loinc(id.into());
    match loinc.and_then(|loinc| Some((loinc, Variable::by_loinc(loinc)?))) {
        Some((loinc, variable)) => {
            let own = unit.is_none() || unit == Some("units");
            Meaning::Lab { variable, loinc, unit: unit.filter(|_| !own).unwrap_or(variable.ucum) }
        }
        None => Meaning::Nothing("no variable"),
    }
}

fn severity(grade: &str) -> Option<Severity> {
    serde_json::from_value(grade.into()).ok()
}

/// The vital signs that have a LOINC code, under their variables' names.
#[rustfmt::skip]
static VITALS: [Item; 10] = [
    Item { id: 1, name: "heart_rate", becomes: Becomes::Field(|v| &mut v.heart_rate, None) },
    Item { id: 2, name: "respiratory_rate", becomes: Becomes::Field(|v| &mut v.respiratory_rate, None) },
    Item { id: 3, name: "spo2", becomes: Becomes::Field(|v| &mut v.spo2, None) },
    Item { id: 4, name: "body_temperature", becomes: Becomes::Temperature("Cel", None) },
    Item { id: 5, name: "sbp", becomes: Becomes::Field(|v| &mut v.blood_pressure_systolic, None) },
    Item { id: 6, name: "dbp", becomes: Becomes::Field(|v| &mut v.blood_pressure_diastolic, None) },
    Item { id: 7, name: "map", becomes: Becomes::Field(|v| &mut v.mean_arterial_pressure, None) },
    Item { id: 8, name: "etco2", becomes: Becomes::Field(|v| &mut v.etco2, None) },
    Item { id: 9, name: "fio2", becomes: Becomes::Field(|v| &mut v.fio2, None) },
    Item { id: 10, name: "gcs_total", becomes: Becomes::Field(|v| &mut v.gcs, None) },
];
