//! Silver rows to timelines: one family of columns a table. Pure.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use strata_features::sign::SIGNS;
use strata_features::{AdverseEvent, Class, Dose, Lab, PatientFacts, Timeline, Vitals};
use strata_types::drug::{Drug, Effect};
use strata_types::{Timestamp, VARIABLES};

use crate::read::{Column, column};

/// The timelines of many patients.
pub(crate) type Timelines = BTreeMap<String, Timeline>;

/// What a silver table gives to timelines: which columns, and how a batch is taken in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) spec: &'static strata_lakehouse::TableSpec,
    pub(crate) columns: &'static [&'static str],
    pub(crate) take: Take,
}

/// Gives each row of a batch, with its patient.
type Take = fn(&RecordBatch, &mut dyn FnMut(&str, Item)) -> Result<(), ArrowError>;

/// One row on its way into its patient's timeline.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item {
    Patient(PatientFacts),
    Vitals(Vitals),
    Lab(Lab),
    Dose(Dose),
    AdverseEvent(AdverseEvent),
}

impl Item {
    pub(crate) fn put(self, timeline: &mut Timeline) {
        match self {
            Self::Patient(facts) => timeline.patient = facts,
            Self::Vitals(row) => timeline.vitals.push(row),
            Self::Lab(row) => timeline.labs.push(row),
            Self::Dose(row) => timeline.medications.push(row),
            Self::AdverseEvent(row) => timeline.adverse_events.push(row),
        }
    }
}

/// The tables that timelines are made of.
pub(crate) static PARTS: [Part; 5] = [
    Part {
        spec: &strata_refinery::PATIENTS,
        columns: &[
            "patient_id",
            "age",
            "birth_year",
            "sex",
            "admitted_at",
            "unit_admitted_at",
            "weight",
            "spo2_scale_2",
        ],
        take: patients,
    },
    Part {
        spec: &strata_refinery::VITALS,
        columns: &[
            "patient_id",
            "timestamp",
            "available_at",
            "quality_score",
            "consciousness",
            "on_oxygen",
            "heart_rate",
            "respiratory_rate",
            "spo2",
            "temperature",
            "blood_pressure_systolic",
            "blood_pressure_diastolic",
            "mean_arterial_pressure",
            "fio2",
            "gcs",
        ],
        take: vitals,
    },
    Part {
        spec: &strata_refinery::LABS,
        columns: &["patient_id", "timestamp", "available_at", "variable", "value", "reference_low", "reference_high"],
        take: labs,
    },
    Part {
        spec: &strata_refinery::MEDICATIONS,
        columns: &["patient_id", "timestamp", "available_at", "end_timestamp", "drug", "atc", "effect", "rate"],
        take: medications,
    },
    Part {
        spec: &strata_refinery::ADVERSE_EVENTS,
        columns: &["patient_id", "event_timestamp", "report_timestamp", "resolved_timestamp", "grade"],
        take: adverse_events,
    },
];

fn patients(batch: &RecordBatch, give: &mut dyn FnMut(&str, Item)) -> Result<(), ArrowError> {
    let [id, age, birth_year, sex] = columns(batch, ["patient_id", "age", "birth_year", "sex"])?;
    let [admitted_at, unit_admitted_at] = columns(batch, ["admitted_at", "unit_admitted_at"])?;
    let [weight, scale_2] = columns(batch, ["weight", "spo2_scale_2"])?;
    for row in 0..batch.num_rows() {
        let Some(patient) = id.text(row) else { continue };
        // The hours that matter are those on the unit, where the record knows them.
        let admitted_at = unit_admitted_at.time(row).or(admitted_at.time(row));
        let facts = PatientFacts {
            age_years: age.float(row).or_else(|| age_from_birth(birth_year.int(row)?, admitted_at?)),
            sex_male: match sex.text(row) {
                Some("male") => Some(true),
                Some("female") => Some(false),
                _ => None,
            },
            admitted_at,
            spo2_scale_2: scale_2.flag(row).unwrap_or(false),
            weight_kg: weight.float(row),
        };
        give(patient, Item::Patient(facts));
    }
    Ok(())
}

/// Whole years from the year of birth to the admission; the day of birth is never known.
fn age_from_birth(birth_year: i32, admitted_at: Timestamp) -> Option<f64> {
    let year: i32 = admitted_at.date().get(..4)?.parse().ok()?;
    Some(f64::from(year - birth_year))
}

fn vitals(batch: &RecordBatch, give: &mut dyn FnMut(&str, Item)) -> Result<(), ArrowError> {
    let [id, time, available_at] = columns(batch, ["patient_id", "timestamp", "available_at"])?;
    let [quality, consciousness, on_oxygen] = columns(batch, ["quality_score", "consciousness", "on_oxygen"])?;
    let signs: Vec<Column> = SIGNS.iter().map(|sign| column(batch, sign.column)).collect::<Result<_, _>>()?;
    for row in 0..batch.num_rows() {
        let (Some(patient), Some(time)) = (id.text(row), time.time(row)) else { continue };
        let mut vitals = Vitals::at(time);
        vitals.available_at = available_at.time(row).unwrap_or(time);
        for (slot, sign) in vitals.signs.iter_mut().zip(&signs) {
            *slot = sign.float(row).unwrap_or(f64::NAN);
        }
        vitals.quality = quality.float(row).unwrap_or(f64::NAN);
        vitals.consciousness_altered = consciousness.text(row).map(|level| level != "A");
        vitals.on_oxygen = on_oxygen.flag(row);
        give(patient, Item::Vitals(vitals));
    }
    Ok(())
}

fn labs(batch: &RecordBatch, give: &mut dyn FnMut(&str, Item)) -> Result<(), ArrowError> {
    let [id, time, available_at, variable] = columns(batch, ["patient_id", "timestamp", "available_at", "variable"])?;
    let [value, low, high] = columns(batch, ["value", "reference_low", "reference_high"])?;
    for row in 0..batch.num_rows() {
        let (Some(patient), Some(time), Some(name)) = (id.text(row), time.time(row), variable.text(row)) else {
            continue;
        };
        let Some(variable) = VARIABLES.iter().position(|variable| variable.name == name) else { continue };
        let lab = Lab {
            time,
            available_at: available_at.time(row).unwrap_or(time),
            variable: variable as u8,
            value: value.float(row).unwrap_or(f64::NAN),
            reference: low.float(row).zip(high.float(row)),
        };
        give(patient, Item::Lab(lab));
    }
    Ok(())
}

fn medications(batch: &RecordBatch, give: &mut dyn FnMut(&str, Item)) -> Result<(), ArrowError> {
    let [id, time, available_at, end] = columns(batch, ["patient_id", "timestamp", "available_at", "end_timestamp"])?;
    let [drug, atc, effect, rate] = columns(batch, ["drug", "atc", "effect", "rate"])?;
    for row in 0..batch.num_rows() {
        let (Some(patient), Some(time)) = (id.text(row), time.time(row)) else { continue };
        let dose = Dose {
            time,
            available_at: available_at.time(row).unwrap_or(time),
            end: end.time(row),
            drug: drug.text(row).and_then(Drug::by_name),
            class: atc.text(row).and_then(Class::of_atc),
            effect: match effect.text(row) {
                Some("vasopressor") => Effect::Vasopressor,
                Some("antibiotic") => Effect::Antibiotic,
                Some("sedative_or_opioid") => Effect::SedativeOrOpioid,
                _ => Effect::Other,
            },
            rate: rate.float(row),
        };
        give(patient, Item::Dose(dose));
    }
    Ok(())
}

fn adverse_events(batch: &RecordBatch, give: &mut dyn FnMut(&str, Item)) -> Result<(), ArrowError> {
    let [id, onset] = columns(batch, ["patient_id", "event_timestamp"])?;
    let [reported_at, resolved_at, grade] = columns(batch, ["report_timestamp", "resolved_timestamp", "grade"])?;
    for row in 0..batch.num_rows() {
        let (Some(patient), Some(onset)) = (id.text(row), onset.time(row)) else { continue };
        let event = AdverseEvent {
            onset,
            // The row's own `available_at` is that of its last correction, which brings the resolution.
            reported_at: reported_at.time(row).unwrap_or(onset),
            resolved_at: resolved_at.time(row),
            grade: grade.int(row).unwrap_or(0) as u8,
        };
        give(patient, Item::AdverseEvent(event));
    }
    Ok(())
}

fn columns<const N: usize>(batch: &RecordBatch, names: [&str; N]) -> Result<[Column; N], ArrowError> {
    let columns: Vec<Column> = names.into_iter().map(|name| column(batch, name)).collect::<Result<_, _>>()?;
    columns.try_into().map_err(|_| ArrowError::SchemaError("columns were lost".into()))
}
