//! `patients`: one row a patient, the newest record.

use strata_lakehouse::{Packing, TableSpec};
use strata_types::event::{Patient, Sex};
use strata_types::{Event, Topic, Variable};

use super::{Key, SilverRow, origin_columns};
use crate::Origin;
use crate::column::{Column, schema};
use crate::finding::Finding;
use crate::validate::in_range;

/// The table of patients; not partitioned, since a patient has no date.
pub static PATIENTS: TableSpec = TableSpec {
    name: "patients",
    schema: || schema(&PatientRow::columns()),
    key: &["patient_id"],
    by_date: false,
    packing: Packing::Small,
};

#[derive(Debug)]
pub(crate) struct PatientRow {
    patient: Patient,
    comorbidities: Option<String>,
    origin: Origin,
}

impl SilverRow for PatientRow {
    const TOPIC: Topic = Topic::Patients;
    const SPEC: &'static TableSpec = &PATIENTS;

    fn new(event: Event, origin: Origin, findings: &mut Vec<Finding>) -> Option<Self> {
        let Event::Patient(mut patient) = event else { return None };
        for (field, value) in [("height", &mut patient.height), ("weight", &mut patient.weight)] {
            findings.extend(Variable::by_event_field(field).and_then(|variable| in_range(variable, field, value)));
        }
        if let Some(age) = patient.age.take_if(|age| !(0.0..=130.0).contains(age)) {
            findings.push(Finding::cell("out_of_range", "age", age, "a", format!("{age} is no age")));
        }
        let comorbidities = (!patient.comorbidities.is_empty()).then(|| patient.comorbidities.join(";"));
        Some(Self { patient, comorbidities, origin })
    }

    fn key(&self) -> Key<'_> {
        Key::new(&self.patient.patient_id, None, ["", "", ""])
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            Column::text("patient_id", |row: &Self| Some(row.patient.patient_id.as_str())),
            Column::float("age", |row| row.patient.age),
            Column::int("birth_year", |row| row.patient.birth_year),
            Column::text("sex", |row| row.patient.sex.map(word)),
            Column::text("trial_site", |row| row.patient.trial_site.as_deref()),
            Column::text("trial_arm", |row| row.patient.trial_arm.as_deref()),
            Column::text("care_unit", |row| row.patient.care_unit.as_deref()),
            Column::time("enrolled_at", |row| row.patient.enrolled_at),
            Column::time("admitted_at", |row| row.patient.admitted_at),
            Column::time("unit_admitted_at", |row| row.patient.unit_admitted_at),
            Column::float("height", |row| row.patient.height),
            Column::float("weight", |row| row.patient.weight),
            Column::flag("spo2_scale_2", |row| row.patient.spo2_scale_2),
            Column::text("comorbidities", |row| row.comorbidities.as_deref()),
            Column::text("source", |row| Some(&row.patient.source)),
        ];
        columns.extend(origin_columns());
        columns
    }
}

const fn word(sex: Sex) -> &'static str {
    match sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Other => "other",
        Sex::Unknown => "unknown",
    }
}
