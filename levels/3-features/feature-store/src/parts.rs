//! Silver rows to patients: one family of columns a table. Pure.

use std::fmt::Debug;
use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use strata_features::sign::{COUNT, SIGNS};
use strata_features::{AdverseEvent, Class, Dose, Lab, PatientFacts, Timeline, Vitals};
use strata_lakehouse::TableSpec;
use strata_types::drug::{Drug, Effect};
use strata_types::{Timestamp, VARIABLES};

use crate::columns::{Flags, Floats, Ints, Times, Words};

/// What a silver table gives: which columns, and how a batch is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) spec: &'static TableSpec,
    pub(crate) columns: &'static [&'static str],
    /// How many of its rows weigh as much as one row of the features.
    pub(crate) rows_a_vector: u64,
    pub(crate) open: Open,
}

type Open = fn(&RecordBatch) -> Result<Box<dyn Rows>, ArrowError>;

/// The rows of a batch, ready to be handed out.
pub(crate) trait Rows: Debug + Send + Sync {
    /// Puts rows, all of one patient, where they belong.
    fn put(&self, rows: Range<usize>, patient: &mut Patient);

    /// Whether they are times of the grid, and not of the timeline.
    fn are_times(&self) -> bool {
        false
    }
}

/// What silver has of one patient.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patient {
    pub(crate) timeline: Timeline,
    /// The given times, each with its label where it has one; empty when a set brought none.
    pub(crate) grid: Vec<(Timestamp, Option<bool>)>,
}

/// The tables that timelines are made of.
pub(crate) const PARTS: [Part; 5] = [
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
        rows_a_vector: 4,
        open: |batch| Ok(Box::new(Facts::of(batch)?)),
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
        rows_a_vector: 1,
        open: |batch| Ok(Box::new(Readings::of(batch)?)),
    },
    Part {
        spec: &strata_refinery::LABS,
        columns: &["patient_id", "timestamp", "available_at", "variable", "value", "reference_low", "reference_high"],
        rows_a_vector: 4,
        open: |batch| Ok(Box::new(Results::of(batch)?)),
    },
    Part {
        spec: &strata_refinery::MEDICATIONS,
        columns: &["patient_id", "timestamp", "available_at", "end_timestamp", "drug", "atc", "effect", "rate"],
        rows_a_vector: 4,
        open: |batch| Ok(Box::new(Doses::of(batch)?)),
    },
    Part {
        spec: &strata_refinery::ADVERSE_EVENTS,
        columns: &["patient_id", "event_timestamp", "report_timestamp", "resolved_timestamp", "grade"],
        rows_a_vector: 4,
        open: |batch| Ok(Box::new(Events::of(batch)?)),
    },
];

/// The table that brings its own times and labels, with historical sets.
pub(crate) const LABELS: Part = Part {
    spec: &strata_refinery::LABELS,
    columns: &["patient_id", "time", "label"],
    rows_a_vector: 1,
    open: |batch| Ok(Box::new(Labels { time: Times::of(batch, "time")?, label: Flags::of(batch, "label")? })),
};

#[derive(Debug)]
struct Facts {
    age: Floats,
    birth_year: Ints,
    sex: Words<Option<bool>>,
    admitted_at: Times,
    unit_admitted_at: Times,
    weight: Floats,
    scale_2: Flags,
}

impl Facts {
    fn of(batch: &RecordBatch) -> Result<Self, ArrowError> {
        let male = |sex: &str| match sex {
            "male" => Some(true),
            "female" => Some(false),
            _ => None,
        };
        Ok(Self {
            age: Floats::of(batch, "age")?,
            birth_year: Ints::of(batch, "birth_year")?,
            sex: Words::of(batch, "sex", male)?,
            admitted_at: Times::of(batch, "admitted_at")?,
            unit_admitted_at: Times::of(batch, "unit_admitted_at")?,
            weight: Floats::of(batch, "weight")?,
            scale_2: Flags::of(batch, "spo2_scale_2")?,
        })
    }
}

impl Rows for Facts {
    fn put(&self, rows: Range<usize>, patient: &mut Patient) {
        for row in rows {
            // The hours that matter are those on the unit, where the record knows them.
            let admitted_at = self.unit_admitted_at.get(row).or(self.admitted_at.get(row));
            patient.timeline.patient = PatientFacts {
                age_years: self.age.get(row).or_else(|| age_from_birth(self.birth_year.get(row)?, admitted_at?)),
                sex_male: self.sex.get(row).copied().flatten(),
                admitted_at,
                spo2_scale_2: self.scale_2.get(row).unwrap_or(false),
                weight_kg: self.weight.get(row),
            };
        }
    }
}

/// Whole years from the year of birth to the admission; the day of birth is never known.
fn age_from_birth(birth_year: i32, admitted_at: Timestamp) -> Option<f64> {
    let year: i32 = admitted_at.date().get(..4)?.parse().ok()?;
    Some(f64::from(year - birth_year))
}

#[derive(Debug)]
struct Readings {
    time: Times,
    available_at: Times,
    signs: [Floats; COUNT],
    quality: Floats,
    altered: Words<bool>,
    on_oxygen: Flags,
}

impl Readings {
    fn of(batch: &RecordBatch) -> Result<Self, ArrowError> {
        let signs = SIGNS.iter().map(|sign| Floats::of(batch, sign.column)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            time: Times::of(batch, "timestamp")?,
            available_at: Times::of(batch, "available_at")?,
            signs: signs.try_into().map_err(|_| ArrowError::SchemaError("signs were lost".into()))?,
            quality: Floats::of(batch, "quality_score")?,
            altered: Words::of(batch, "consciousness", |level| level != "A")?,
            on_oxygen: Flags::of(batch, "on_oxygen")?,
        })
    }
}

impl Rows for Readings {
    fn put(&self, rows: Range<usize>, patient: &mut Patient) {
        patient.timeline.vitals.reserve(rows.len());
        for row in rows {
            let Some(time) = self.time.get(row) else { continue };
            let mut reading = Vitals::at(time);
            reading.available_at = self.available_at.get(row).unwrap_or(time);
            for (slot, sign) in reading.signs.iter_mut().zip(&self.signs) {
                *slot = sign.or_nan(row);
            }
            reading.quality = self.quality.or_nan(row);
            reading.consciousness_altered = self.altered.get(row).copied();
            reading.on_oxygen = self.on_oxygen.get(row);
            patient.timeline.vitals.push(reading);
        }
    }
}

#[derive(Debug)]
struct Results {
    time: Times,
    available_at: Times,
    variable: Words<Option<u8>>,
    value: Floats,
    low: Floats,
    high: Floats,
}

impl Results {
    fn of(batch: &RecordBatch) -> Result<Self, ArrowError> {
        let index = |name: &str| VARIABLES.iter().position(|variable| variable.name == name).map(|index| index as u8);
        Ok(Self {
            time: Times::of(batch, "timestamp")?,
            available_at: Times::of(batch, "available_at")?,
            variable: Words::of(batch, "variable", index)?,
            value: Floats::of(batch, "value")?,
            low: Floats::of(batch, "reference_low")?,
            high: Floats::of(batch, "reference_high")?,
        })
    }
}

impl Rows for Results {
    fn put(&self, rows: Range<usize>, patient: &mut Patient) {
        patient.timeline.labs.reserve(rows.len());
        for row in rows {
            let variable = self.variable.get(row).copied().flatten();
            let (Some(time), Some(variable)) = (self.time.get(row), variable) else { continue };
            patient.timeline.labs.push(Lab {
                time,
                available_at: self.available_at.get(row).unwrap_or(time),
                variable,
                value: self.value.or_nan(row),
                reference: self.low.get(row).zip(self.high.get(row)),
            });
        }
    }
}

#[derive(Debug)]
struct Doses {
    time: Times,
    available_at: Times,
    end: Times,
    drug: Words<Option<&'static Drug>>,
    class: Words<Option<Class>>,
    effect: Words<Effect>,
    rate: Floats,
}

impl Doses {
    fn of(batch: &RecordBatch) -> Result<Self, ArrowError> {
        let effect = |name: &str| match name {
            "vasopressor" => Effect::Vasopressor,
            "antibiotic" => Effect::Antibiotic,
            "sedative_or_opioid" => Effect::SedativeOrOpioid,
            _ => Effect::Other,
        };
        Ok(Self {
            time: Times::of(batch, "timestamp")?,
            available_at: Times::of(batch, "available_at")?,
            end: Times::of(batch, "end_timestamp")?,
            drug: Words::of(batch, "drug", Drug::by_name)?,
            class: Words::of(batch, "atc", Class::of_atc)?,
            effect: Words::of(batch, "effect", effect)?,
            rate: Floats::of(batch, "rate")?,
        })
    }
}

impl Rows for Doses {
    fn put(&self, rows: Range<usize>, patient: &mut Patient) {
        for row in rows {
            let Some(time) = self.time.get(row) else { continue };
            patient.timeline.medications.push(Dose {
                time,
                available_at: self.available_at.get(row).unwrap_or(time),
                end: self.end.get(row),
                drug: self.drug.get(row).copied().flatten(),
                class: self.class.get(row).copied().flatten(),
                effect: self.effect.get(row).copied().unwrap_or(Effect::Other),
                rate: self.rate.get(row),
            });
        }
    }
}

#[derive(Debug)]
struct Events {
    onset: Times,
    reported_at: Times,
    resolved_at: Times,
    grade: Ints,
}

impl Events {
    fn of(batch: &RecordBatch) -> Result<Self, ArrowError> {
        Ok(Self {
            onset: Times::of(batch, "event_timestamp")?,
            reported_at: Times::of(batch, "report_timestamp")?,
            resolved_at: Times::of(batch, "resolved_timestamp")?,
            grade: Ints::of(batch, "grade")?,
        })
    }
}

impl Rows for Events {
    fn put(&self, rows: Range<usize>, patient: &mut Patient) {
        for row in rows {
            let Some(onset) = self.onset.get(row) else { continue };
            patient.timeline.adverse_events.push(AdverseEvent {
                onset,
                // The row's own `available_at` is that of its last correction, which brings the resolution.
                reported_at: self.reported_at.get(row).unwrap_or(onset),
                resolved_at: self.resolved_at.get(row),
                grade: self.grade.get(row).unwrap_or(0) as u8,
            });
        }
    }
}

#[derive(Debug)]
struct Labels {
    time: Times,
    label: Flags,
}

impl Rows for Labels {
    fn are_times(&self) -> bool {
        true
    }

    fn put(&self, rows: Range<usize>, patient: &mut Patient) {
        for row in rows {
            if let Some(time) = self.time.get(row) {
                patient.grid.push((time, self.label.get(row)));
            }
        }
    }
}
