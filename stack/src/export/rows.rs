//! What a row of each silver table adds to a patient's history.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use strata_lakehouse::TableSpec;
use strata_refinery::{ADVERSE_EVENTS, LABS, MEDICATIONS, PATIENTS, VITALS};
use strata_sources::meds::{Dose, Happening, Measurement, Subject};
use strata_types::event::{Severity, Sex};
use strata_types::{Timestamp, Variable, partition_of};

use super::Subjects;

/// A silver table, and what its rows are to a history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) spec: &'static TableSpec,
    /// What is read beside the patient.
    columns: &'static [&'static str],
    take: fn(&Columns, Range<usize>, &mut Subject),
}

/// The tables that are exported. Labels are not: the standard keeps them beside the data, task by task.
pub(super) const KINDS: [Kind; 5] = [
    Kind {
        spec: &PATIENTS,
        columns: &["birth_year", "sex", "admitted_at", "unit_admitted_at", "care_unit"],
        take: patient,
    },
    Kind { spec: &VITALS, columns: VITAL_COLUMNS, take: vitals },
    Kind { spec: &LABS, columns: &["timestamp", "variable", "value"], take: labs },
    Kind {
        spec: &MEDICATIONS,
        columns: &["timestamp", "end_timestamp", "drug_name", "dosage", "unit", "route", "raw_rate", "raw_rate_unit"],
        take: medications,
    },
    Kind { spec: &ADVERSE_EVENTS, columns: &["event_timestamp", "event_type", "grade"], take: adverse_events },
];

/// The signs that have a code, after what says when they were read and whether the mean pressure was measured.
const VITAL_COLUMNS: &[&str] = &[
    "timestamp",
    "map_measured",
    "heart_rate",
    "respiratory_rate",
    "spo2",
    "temperature",
    "blood_pressure_systolic",
    "blood_pressure_diastolic",
    "mean_arterial_pressure",
    "etco2",
    "fio2",
    "gcs",
];

impl Kind {
    pub(super) fn columns(self) -> Vec<&'static str> {
        [&["patient_id"], self.columns].concat()
    }

    /// Gives a batch's rows to the patients of these buckets.
    pub(super) fn take(self, batch: &RecordBatch, buckets: u16, subjects: &mut Subjects) -> Result<(), ArrowError> {
        let named = |name: &str| {
            let array = batch.column_by_name(name).cloned();
            array.ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))
        };
        let patients = named("patient_id")?;
        let patients = patients.as_string::<i32>();
        let columns = Columns(self.columns.iter().map(|name| named(name)).collect::<Result<_, _>>()?);
        let mut row = 0;
        while row < batch.num_rows() {
            let patient = patients.value(row);
            // A patient's rows stand together.
            let end = (row..batch.num_rows()).find(|row| patients.value(*row) != patient).unwrap_or(batch.num_rows());
            if buckets & (1 << partition_of(patient.as_bytes())) != 0 {
                if !subjects.contains_key(patient) {
                    subjects.insert(patient.to_owned(), Subject::default());
                }
                if let Some(subject) = subjects.get_mut(patient) {
                    (self.take)(&columns, row..end, subject);
                }
            }
            row = end;
        }
        Ok(())
    }
}

/// The columns of a batch, in the order of their kind's list.
#[derive(Debug)]
struct Columns(Vec<ArrayRef>);

impl Columns {
    fn text(&self, column: usize, row: usize) -> Option<&str> {
        self.0[column].is_valid(row).then(|| self.0[column].as_string::<i32>().value(row))
    }

    fn float(&self, column: usize, row: usize) -> Option<f64> {
        self.0[column].is_valid(row).then(|| self.0[column].as_primitive::<Float64Type>().value(row))
    }

    fn int(&self, column: usize, row: usize) -> Option<i32> {
        self.0[column].is_valid(row).then(|| self.0[column].as_primitive::<Int32Type>().value(row))
    }

    fn flag(&self, column: usize, row: usize) -> bool {
        self.0[column].is_valid(row) && self.0[column].as_boolean().value(row)
    }

    fn time(&self, column: usize, row: usize) -> Option<Timestamp> {
        let array = &self.0[column];
        array.is_valid(row).then(|| Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row)))
    }
}

fn patient(columns: &Columns, rows: Range<usize>, subject: &mut Subject) {
    for row in rows {
        subject.birth_year = columns.int(0, row);
        subject.sex = columns.text(1, row).map(|word| match word {
            "male" => Sex::Male,
            "female" => Sex::Female,
            "other" => Sex::Other,
            _ => Sex::Unknown,
        });
        subject.admitted_at = columns.time(2, row);
        subject.unit_admitted_at = columns.time(3, row);
        subject.care_unit = columns.text(4, row).map(str::to_owned);
    }
}

/// A mean pressure that was computed from the other two is none that was measured: whoever reads the export computes it too.
fn vitals(columns: &Columns, rows: Range<usize>, subject: &mut Subject) {
    let signs = VITAL_COLUMNS.iter().enumerate().skip(2);
    let signs = signs.filter_map(|(column, field)| Some((column, Variable::by_event_field(field)?)));
    for (column, variable) in signs {
        for row in rows.clone() {
            let (Some(time), Some(value)) = (columns.time(0, row), columns.float(column, row)) else { continue };
            if variable.name != "map" || columns.flag(1, row) {
                subject.measurements.push(Measurement { time, variable, value });
            }
        }
    }
}

fn labs(columns: &Columns, rows: Range<usize>, subject: &mut Subject) {
    subject.measurements.extend(rows.filter_map(|row| {
        let (time, value) = (columns.time(0, row)?, columns.float(2, row)?);
        Some(Measurement { time, variable: Variable::by_name(columns.text(1, row)?)?, value })
    }));
}

/// Doses and rates as they were charted: their units are part of their codes.
fn medications(columns: &Columns, rows: Range<usize>, subject: &mut Subject) {
    subject.doses.extend(rows.filter_map(|row| {
        let text = |column| columns.text(column, row).unwrap_or("unknown").to_owned();
        Some(Dose {
            time: columns.time(0, row)?,
            end: columns.time(1, row),
            drug: text(2),
            dosage: columns.float(3, row).unwrap_or(f64::NAN),
            unit: text(4),
            route: text(5),
            rate: columns.float(6, row).map(|rate| (rate, text(7))),
        })
    }));
}

fn adverse_events(columns: &Columns, rows: Range<usize>, subject: &mut Subject) {
    subject.adverse_events.extend(rows.filter_map(|row| {
        let severity = match columns.int(2, row)? {
            1 => Severity::Grade1,
            2 => Severity::Grade2,
            3 => Severity::Grade3,
            4 => Severity::Grade4,
            _ => Severity::Grade5,
        };
        Some(Happening { time: columns.time(0, row)?, kind: columns.text(1, row)?.to_owned(), severity })
    }));
}
