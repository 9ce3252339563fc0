//! Who the patients are, at each of their admissions and ICU stays; and who died in the hospital.

use std::collections::HashMap;

use strata_types::event::{AdverseEvent, Patient, Severity, Sex};
use strata_types::{Event, PatientId, Timestamp};

use super::NAME;
use super::tables::Tables;
use crate::Error;
use crate::delivery::Delivery;
use crate::table::{Row, naive};
use crate::unpacked::Progress;

/// The set writes 91 for all who are older than 89.
const OLDEST: f64 = 90.0;

/// A row of `hosp/patients`.
struct Known {
    sex: Option<Sex>,
    anchor_age: f64,
    anchor_year: i64,
    admitted: bool,
}

/// Gives a record at each admission and each ICU stay, known when it began; the newest one counts.
pub(super) fn read(tables: &Tables, progress: &Progress, delivery: &mut Delivery<'_>) -> Result<(), Error> {
    let mut patients = known(tables, progress, delivery)?;
    let mut admissions = HashMap::new();
    let columns = ["subject_id", "hadm_id", "admittime", "deathtime"];
    if let Some(mut table) = tables.open("hosp/admissions", progress, &columns)? {
        while let Some(row) = table.next()? {
            delivery.rows += 1;
            let (subject, admitted_at) = (row.id(0)?, row.needed_time(2)?);
            let known = patients.get_mut(&subject).ok_or_else(|| unknown(&row))?;
            known.admitted = true;
            let patient = Patient { admitted_at: Some(admitted_at), ..known.patient(&row, admitted_at)? };
            admissions.insert(row.id(1)?, admitted_at);
            delivery.give(&Event::Patient(patient), Some(admitted_at))?;
            if let Some(died_at) = row.time(3)? {
                delivery.give(&death(id(&row)?, died_at), Some(died_at))?;
                delivery.mapped("admissions.deathtime", 1);
            }
        }
    }
    let columns = ["subject_id", "hadm_id", "first_careunit", "intime"];
    if let Some(mut table) = tables.open("icu/icustays", progress, &columns)? {
        while let Some(row) = table.next()? {
            delivery.rows += 1;
            let entered = row.needed_time(3)?;
            let known = patients.get_mut(&row.id(0)?).ok_or_else(|| unknown(&row))?;
            known.admitted = true;
            let patient = Patient {
                admitted_at: admissions.get(&row.id(1)?).copied(),
                unit_admitted_at: Some(entered),
                care_unit: row.some(2).map(care_unit),
                ..known.patient(&row, entered)?
            };
            delivery.give(&Event::Patient(patient), Some(entered))?;
        }
    }
    never_admitted(patients, delivery)
}

fn known(tables: &Tables, progress: &Progress, delivery: &mut Delivery<'_>) -> Result<HashMap<u64, Known>, Error> {
    let mut patients = HashMap::new();
    let columns = ["subject_id", "gender", "anchor_age", "anchor_year"];
    if let Some(mut table) = tables.open("hosp/patients", progress, &columns)? {
        while let Some(row) = table.next()? {
            delivery.rows += 1;
            let sex = match row.text(1) {
                "M" => Some(Sex::Male),
                "F" => Some(Sex::Female),
                "" => None,
                _ => return Err(row.wrong(1, "M or F")),
            };
            let anchor_age = row.number(2)?.ok_or_else(|| row.wrong(2, "an age in years"))?;
            let known = Known { sex, anchor_age, anchor_year: row.id(3)? as i64, admitted: false };
            if patients.insert(row.id(0)?, known).is_some() {
                return Err(row.damaged(format!("subject {} has a second row", row.text(0))));
            }
        }
    }
    Ok(patients)
}

/// Gives those without an admission, whose time is their anchor year.
fn never_admitted(patients: HashMap<u64, Known>, delivery: &mut Delivery<'_>) -> Result<(), Error> {
    let mut rest: Vec<_> = patients.into_iter().filter(|(_, known)| !known.admitted).collect();
    rest.sort_by_key(|(subject, _)| *subject);
    for (subject, known) in rest {
        let anchor = naive(&format!("{:04}-01-01", known.anchor_year)).unwrap_or_default();
        if let Ok(patient_id) = subject.to_string().parse() {
            delivery.give(&Event::Patient(known.aged(patient_id, known.anchor_year)), Some(anchor))?;
        }
    }
    Ok(())
}

impl Known {
    fn patient(&self, row: &Row<'_>, at: Timestamp) -> Result<Patient, Error> {
        let year = at.date().get(..4).and_then(|year| year.parse().ok()).unwrap_or(self.anchor_year);
        Ok(self.aged(id(row)?, year))
    }

    /// Nobody's birth year is given: the years are shifted, and those of the oldest are hidden.
    fn aged(&self, patient_id: PatientId, year: i64) -> Patient {
        Patient {
            patient_id,
            birth_year: None,
            age: Some((self.anchor_age + (year - self.anchor_year) as f64).min(OLDEST)),
            sex: self.sex,
            trial_site: None,
            trial_arm: None,
            care_unit: None,
            enrolled_at: None,
            admitted_at: None,
            unit_admitted_at: None,
            height: None,
            weight: None,
            spo2_scale_2: None,
            comorbidities: Vec::new(),
            source: NAME.into(),
            event_id: None,
        }
    }
}

fn death(patient_id: PatientId, died_at: Timestamp) -> Event {
    Event::AdverseEvent(AdverseEvent {
        patient_id,
        event_timestamp: died_at,
        event_type: "death".into(),
        severity: Severity::Grade5,
        reported_by: "hosp/admissions".into(),
        report_timestamp: died_at,
        resolved_timestamp: None,
        description: None,
        trial_site: None,
        trial_arm: None,
        source: NAME.into(),
        event_id: None,
    })
}

/// The unit's abbreviation where its name ends in one: `Medical Intensive Care Unit (MICU)`.
fn care_unit(name: &str) -> String {
    let inside = name.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inside.unwrap_or(name).into()
}

/// The patient's id is the subject's, in the first column wanted.
pub(super) fn id(row: &Row<'_>) -> Result<PatientId, Error> {
    row.text(0).parse().map_err(|_| row.wrong(0, "1 to 64 letters, digits, `_` or `-`"))
}

fn unknown(row: &Row<'_>) -> Error {
    row.wrong(0, "a subject of hosp/patients")
}
