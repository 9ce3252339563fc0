//! One file: a patient's stay in intensive care, as records.

use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};
use strata_types::event::{LabResult, Label, Patient, Sex, Vitals};
use strata_types::{HOUR, PatientId, Timestamp, Topic};

use super::NAME;
use super::columns::{AGE, Becomes, COLUMNS, COUNT, GENDER, HOSP_ADM_TIME, ICULOS, SEPSIS_LABEL, UNIT_1, UNIT_2};
use super::columns::{check_header, shorten};
use super::row::{self, Row};
use crate::Error;
use crate::packed::File;

/// 2019-01-01T00:00:00Z: the set has no dates, so every admission lies in the 28 days from here.
const FIRST_DAY: Timestamp = Timestamp(1_546_300_800_000_000);

/// Ages above this are one group: the set writes 100 for 90 and older.
const OLDEST: f64 = 90.0;

/// The set's labels are shifted: a positive row says "sepsis within 6 hours, or already".
const HORIZON_HOURS: f64 = 6.0;

/// No stay and no wait before it is longer than this (11 years); beyond lies damage.
const MOST_HOURS: f64 = 100_000.0;

/// What a file became: its records, and the damage that ended it early, if any.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) patient_id: PatientId,
    pub(super) rows: u64,
    /// Present values by column.
    pub(super) present: [u64; COUNT],
    pub(super) damage: Option<Error>,
    lines: Vec<u8>,
    ends: Vec<(Topic, usize)>,
}

impl Stay {
    /// Reads a file. What stands before damage is kept; only a name that is no patient's fails whole.
    pub(super) fn read(file: &File) -> Result<Self, Error> {
        let mut stay = Self {
            patient_id: patient_id(&file.name)?,
            rows: 0,
            present: [0; COUNT],
            damage: None,
            // A row of 165 bytes on average becomes about 3.5 times as much JSON.
            lines: Vec::with_capacity(file.content.len() * 4),
            ends: Vec::new(),
        };
        if let Err((line, reason)) = stay.read_lines(&file.content) {
            stay.damage = Some(Error::Damaged { file: file.name.clone(), line, reason });
        }
        Ok(stay)
    }

    /// The records, in order.
    pub(super) fn records(&self) -> impl Iterator<Item = (Topic, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        starts.zip(&self.ends).map(|(start, (topic, end))| (*topic, &self.lines[start..*end]))
    }

    fn read_lines(&mut self, content: &[u8]) -> Result<(), (u64, String)> {
        if content.is_empty() {
            return Err((1, "the file is empty; unpack or download it again".into()));
        }
        let content = content.strip_suffix(b"\n").unwrap_or(content);
        let mut lines = content.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        check_header(lines.next().unwrap_or_default()).map_err(|reason| (1, reason))?;

        let admission = admission(&self.patient_id);
        let mut template = Template::of(&self.patient_id);
        let mut row = [f64::NAN; COUNT];
        for (line, number) in lines.zip(2..) {
            row::parse(line, &mut row).map_err(|reason| (number, reason))?;
            let (time, label) = time_and_label(&row, admission).map_err(|reason| (number, reason))?;
            if self.rows == 0 {
                let patient = patient(&self.patient_id, admission, &row).map_err(|reason| (number, reason))?;
                self.push(Topic::Patients, &patient);
            }
            self.push_row(&row, time, label, &mut template);
        }
        if self.rows == 0 { Err((2, "no row follows the header".into())) } else { Ok(()) }
    }

    fn push_row(&mut self, row: &Row, time: Timestamp, label: bool, template: &mut Template) {
        self.rows += 1;
        for (present, value) in self.present.iter_mut().zip(row) {
            *present += u64::from(!value.is_nan());
        }
        template.vitals.timestamp = time;
        let mut measured = false;
        for (column, value) in COLUMNS.iter().zip(row) {
            if let Becomes::Vital(field) = column.becomes {
                *field(&mut template.vitals) = (!value.is_nan()).then_some(*value);
                measured |= !value.is_nan();
            }
        }
        if measured {
            self.push(Topic::Vitals, &template.vitals);
        }
        for (place, lab) in &mut template.labs {
            if !row[*place].is_nan() {
                (lab.timestamp, lab.value) = (time, row[*place]);
                self.push(Topic::Labs, lab);
            }
        }
        (template.label.time, template.label.label) = (time, label);
        self.push(Topic::Labels, &template.label);
    }

    fn push(&mut self, topic: Topic, event: &impl Serialize) {
        serde_json::to_writer(&mut self.lines, event).expect("events have text keys and memory takes every write");
        self.ends.push((topic, self.lines.len()));
    }
}

/// The events of a stay, made once; each row only changes their times and values.
struct Template {
    vitals: Vitals,
    labs: Vec<(usize, LabResult)>,
    label: Label,
}

impl Template {
    fn of(patient_id: &PatientId) -> Self {
        let lab = |variable: &str, unit: &str| LabResult {
            patient_id: patient_id.clone(),
            timestamp: FIRST_DAY,
            test_name: variable.into(),
            value: f64::NAN,
            unit: unit.into(),
            source: NAME.into(),
            loinc: None,
            lab_id: None,
            reference_range: None,
            performing_lab: None,
            trial_site: None,
            event_id: None,
        };
        let labs = COLUMNS.iter().enumerate().filter_map(|(place, column)| match column.becomes {
            Becomes::Lab { variable, unit } => Some((place, lab(variable, unit))),
            _ => None,
        });
        Self {
            vitals: Vitals::at(patient_id.clone(), FIRST_DAY, NAME),
            labs: labs.collect(),
            label: Label {
                patient_id: patient_id.clone(),
                time: FIRST_DAY,
                label: false,
                horizon_hours: HORIZON_HOURS,
                source: NAME.into(),
            },
        }
    }
}

/// The patient's id is the file's stem.
pub(super) fn patient_id(name: &str) -> Result<PatientId, Error> {
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    stem.parse().map_err(|error| Error::Input {
        path: name.into(),
        reason: format!("the file's name cannot be a patient's: {error}; the set's files are named like p000001.psv"),
    })
}

/// The day of admission: the first 8 bytes of sha256(patient id), big endian, modulo 28.
fn admission(patient_id: &PatientId) -> Timestamp {
    let digest = Sha256::digest(patient_id.as_str());
    let hash = digest.iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    FIRST_DAY + (hash % 28) as i64 * 24 * HOUR
}

fn time_and_label(row: &Row, admission: Timestamp) -> Result<(Timestamp, bool), String> {
    let time = after(admission, row[ICULOS])
        .ok_or_else(|| format!("ICULOS is {}: the hours since admission must be a number from 0", row[ICULOS]))?;
    if row[ICULOS] < 0.0 {
        return Err(format!("ICULOS is {}: the hours since admission must be a number from 0", row[ICULOS]));
    }
    Ok((time, flag(row, SEPSIS_LABEL)?.ok_or("SepsisLabel is missing: every row must have 0 or 1")?))
}

/// Who the patient is, by the first row. A few stays have `HospAdmTime` above 0 (charted in intensive
/// care before the hospital's desk did): they are taken as given.
fn patient(patient_id: &PatientId, admission: Timestamp, row: &Row) -> Result<Patient, String> {
    let sex = flag(row, GENDER)?.map(|male| if male { Sex::Male } else { Sex::Female });
    let care_unit = match (flag(row, UNIT_1)?, flag(row, UNIT_2)?) {
        (Some(true), _) => Some("MICU"),
        (_, Some(true)) => Some("SICU"),
        _ => None,
    };
    let age = row[AGE];
    Ok(Patient {
        patient_id: patient_id.clone(),
        birth_year: None,
        age: (!age.is_nan()).then_some(age.min(OLDEST)),
        sex,
        trial_site: None,
        trial_arm: None,
        care_unit: care_unit.map(Into::into),
        enrolled_at: None,
        admitted_at: after(admission, row[HOSP_ADM_TIME]),
        unit_admitted_at: Some(admission),
        height: None,
        weight: None,
        spo2_scale_2: None,
        comorbidities: Vec::new(),
        source: NAME.into(),
        event_id: None,
    })
}

/// A time so many hours later, or earlier; `None` where the hours are missing or absurd.
fn after(time: Timestamp, hours: f64) -> Option<Timestamp> {
    (hours.abs() <= MOST_HOURS).then(|| time + (hours * HOUR as f64).round() as i64)
}

fn flag(row: &Row, place: usize) -> Result<Option<bool>, String> {
    match row[place] {
        value if value.is_nan() => Ok(None),
        0.0 => Ok(Some(false)),
        1.0 => Ok(Some(true)),
        other => {
            Err(format!("{} is {}: only 0 and 1 have a meaning", COLUMNS[place].name, shorten(&other.to_string())))
        }
    }
}
