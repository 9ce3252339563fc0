//! One file: the first 48 hours of a patient's stay, as events.

use sha2::{Digest, Sha256};
use strata_types::event::{LabResult, Patient, Sex, Vitals};
use strata_types::{Event, HOUR, MINUTE, PatientId, Timestamp};

use super::NAME;
use super::columns::{Becomes, Field, Way, parameter};
use crate::Error;
use crate::packed::File;

/// 2012-01-01T00:00:00Z: the set has no dates, so every admission lies in the 28 days from here.
const FIRST_DAY: Timestamp = Timestamp(1_325_376_000_000_000);

/// The set charts two days; a later time is damage.
const LAST_MINUTE: i64 = 48 * 60;

const HEADER: &str = "Time,Parameter,Value";

const UNKNOWN: f64 = -1.0;

/// What a file became: its events, what was counted, and the damage that ended it early, if any.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) patient_id: PatientId,
    pub(super) admission: Timestamp,
    pub(super) rows: u64,
    pub(super) events: Vec<Event>,
    /// Values that became part of an event, by parameter.
    pub(super) mapped: Vec<&'static str>,
    /// Values that became nothing, and why.
    pub(super) unmapped: Vec<(&'static str, &'static str)>,
    pub(super) damage: Option<Error>,
}

/// A line of the file.
struct Row<'a> {
    minute: i64,
    name: &'a str,
    value: f64,
}

impl Stay {
    /// Reads a file. What stands before damage is kept; only a name that is no patient's fails whole.
    pub(super) fn read(file: &File) -> Result<Self, Error> {
        let stem = std::path::Path::new(&file.name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let patient_id: PatientId =
            stem.parse().map_err(|error| Error::damaged(&file.name, 1, format!("the file's name: {error}")))?;
        let admission = admission(&patient_id);
        let (events, mapped, unmapped) = (Vec::new(), Vec::new(), Vec::new());
        let mut stay = Self { patient_id, admission, rows: 0, events, mapped, unmapped, damage: None };
        if let Err((line, reason)) = stay.read_lines(&file.content) {
            stay.damage = Some(Error::Damaged { file: file.name.clone(), line, reason });
        }
        Ok(stay)
    }

    fn read_lines(&mut self, content: &[u8]) -> Result<(), (u64, String)> {
        let text = std::str::from_utf8(content).map_err(|error| {
            let before = &content[..error.valid_up_to()];
            (before.split(|byte| *byte == b'\n').count() as u64, "not text: the file is damaged".to_owned())
        })?;
        let mut lines = text.lines().zip(1..);
        match lines.next() {
            None => return Err((1, "the file is empty; unpack or download it again".into())),
            Some((HEADER, _)) => {}
            Some(_) => return Err((1, format!("no header of PhysioNet 2012: the first line must be `{HEADER}`"))),
        }
        let mut patient = Some(self.patient());
        let mut minute = Minute::at(0);
        let mut damage = None;
        for (line, number) in lines {
            match self.row(line, minute.since_admission) {
                Ok(row) if row.minute == minute.since_admission => self.take(&row, &mut patient, &mut minute),
                Ok(row) => {
                    self.close(std::mem::replace(&mut minute, Minute::at(row.minute)), &mut patient);
                    self.take(&row, &mut patient, &mut minute);
                }
                Err(reason) => {
                    damage = Some((number, reason));
                    break;
                }
            }
            self.rows += 1;
        }
        self.close(minute, &mut patient);
        match damage {
            Some(damage) => Err(damage),
            None if self.rows == 0 => Err((2, "no row follows the header".into())),
            None => Ok(()),
        }
    }

    fn row<'a>(&self, line: &'a str, earliest: i64) -> Result<Row<'a>, String> {
        let mut fields = line.split(',');
        let (Some(time), Some(name), Some(value), None) = (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(format!("`{}` is not `HH:MM,Parameter,Value`: cut short or damaged", shorten(line)));
        };
        let minute = minute(time).ok_or_else(|| format!("`{}` is no time from 00:00 to 48:00", shorten(time)))?;
        if minute < earliest {
            return Err(format!("{time} comes after a later time: the set's rows are in order"));
        }
        let value = value.parse().ok().filter(|value: &f64| value.is_finite());
        let value = value.ok_or_else(|| format!("{}: the value is no number", shorten(line)))?;
        if name == "RecordID" && value.to_string() != self.patient_id.as_str() {
            return Err(format!("RecordID is {value}, but the file is {}'s", self.patient_id));
        }
        if parameter(name).is_none() {
            return Err(format!("`{}` is no parameter of PhysioNet 2012", shorten(name)));
        }
        Ok(Row { minute, name, value })
    }

    fn take(&mut self, row: &Row<'_>, patient: &mut Option<Patient>, minute: &mut Minute) {
        let Some(parameter) = parameter(row.name) else { return };
        let name = parameter.name;
        match parameter.becomes {
            Becomes::Vital(field) => minute.vitals.push((name, None, field, row.value)),
            Becomes::Pressure(way, field) => minute.vitals.push((name, Some(way), field, row.value)),
            Becomes::Lab { variable, unit } => {
                minute.labs.push((variable, unit, row.value));
                self.mapped.push(name);
            }
            Becomes::Descriptor => match patient.as_mut().filter(|_| row.minute == 0) {
                Some(patient) => describe(patient, name, row.value),
                None => self.unmapped.push((name, "a later weight: the patient has the one at admission")),
            },
            Becomes::Nothing(why) => self.unmapped.push((name, why)),
        }
    }

    /// Gives the events of a minute; the first one that closes gives the patient before them.
    fn close(&mut self, minute: Minute, patient: &mut Option<Patient>) {
        self.events.extend(patient.take().filter(|_| self.rows > 0).map(Event::Patient));
        let time = self.admission + minute.since_admission * MINUTE;
        let arterial = |way| way == Some(Way::Arterial);
        let line_reads = minute.vitals.iter().any(|(_, way, _, value)| arterial(*way) && *value > 0.0);
        let cuff = minute.vitals.iter().any(|(_, way, _, _)| *way == Some(Way::Cuff));
        let mut reading = Vitals::at(self.patient_id.clone(), time, NAME);
        let mut filled: Vec<&'static str> = Vec::new();
        for (name, way, field, value) in minute.vitals {
            if way == Some(Way::Cuff) && line_reads {
                self.unmapped.push((name, "the arterial line read at the same minute, and is preferred"));
            } else if arterial(way) && cuff && !line_reads {
                self.unmapped.push((name, "the arterial line read 0 while a cuff measured"));
            } else if filled.contains(&name) {
                *field(&mut reading) = Some(value);
                self.unmapped.push((name, "a second value of the same minute: the later row stands"));
            } else {
                *field(&mut reading) = Some(value);
                filled.push(name);
            }
        }
        if !filled.is_empty() {
            self.mapped.extend(filled);
            self.events.push(Event::Vitals(reading));
        }
        let labs = minute.labs.into_iter();
        self.events.extend(labs.map(|(variable, unit, value)| {
            Event::LabResult(LabResult {
                patient_id: self.patient_id.clone(),
                timestamp: time,
                test_name: variable.into(),
                value,
                unit: unit.into(),
                source: NAME.into(),
                loinc: None,
                lab_id: None,
                reference_range: None,
                performing_lab: None,
                trial_site: None,
                event_id: None,
            })
        }));
    }

    fn patient(&self) -> Patient {
        Patient {
            patient_id: self.patient_id.clone(),
            birth_year: None,
            age: None,
            sex: None,
            trial_site: None,
            trial_arm: None,
            care_unit: None,
            enrolled_at: None,
            admitted_at: None,
            unit_admitted_at: Some(self.admission),
            height: None,
            weight: None,
            spo2_scale_2: None,
            comorbidities: Vec::new(),
            source: NAME.into(),
            event_id: None,
        }
    }
}

/// What was charted at one minute.
struct Minute {
    since_admission: i64,
    vitals: Vec<(&'static str, Option<Way>, Field, f64)>,
    labs: Vec<(&'static str, &'static str, f64)>,
}

impl Minute {
    fn at(minute: i64) -> Self {
        Self { since_admission: minute, vitals: Vec::new(), labs: Vec::new() }
    }
}

/// Fills in a descriptor; -1 is the set's word for unknown.
fn describe(patient: &mut Patient, name: &str, value: f64) {
    let value = Some(value).filter(|value| *value != UNKNOWN);
    match name {
        "Age" => patient.age = value,
        "Height" => patient.height = value,
        "Weight" => patient.weight = value,
        "Gender" => patient.sex = value.map(|male| if male == 1.0 { Sex::Male } else { Sex::Female }),
        "ICUType" => patient.care_unit = value.and_then(care_unit).map(Into::into),
        _ => {}
    }
}

fn care_unit(kind: f64) -> Option<&'static str> {
    let units = ["CCU", "CSRU", "MICU", "SICU"];
    units.into_iter().zip(1..).find(|(_, number)| f64::from(*number) == kind).map(|(unit, _)| unit)
}

/// The day of admission: the first 8 bytes of sha256(patient id), big endian, modulo 28.
fn admission(patient_id: &PatientId) -> Timestamp {
    let digest = Sha256::digest(patient_id.as_str());
    let hash = digest.iter().take(8).fold(0_u64, |hash, byte| (hash << 8) | u64::from(*byte));
    FIRST_DAY + (hash % 28) as i64 * 24 * HOUR
}

/// `HH:MM` since admission, in minutes.
fn minute(time: &str) -> Option<i64> {
    let (hours, minutes) = time.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let minute = (digits(hours) && digits(minutes)).then(|| Some((hours.parse().ok()?, minutes.parse().ok()?)));
    let (hours, minutes): (i64, i64) = minute.flatten()?;
    Some(hours * 60 + minutes).filter(|minute| minutes < 60 && *minute <= LAST_MINUTE)
}

/// As much of a strange text as an error should repeat.
fn shorten(text: &str) -> String {
    text.chars().take(40).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_hours_and_minutes_of_two_days() {
        for (text, expected) in [("00:00", Some(0)), ("07:37", Some(457)), ("48:00", Some(2880))] {
            assert_eq!(minute(text), expected);
        }
        for text in ["", "7:37", "07:60", "48:01", "-1:00", "+7:00", "07:37:00", "ab:cd"] {
            assert_eq!(minute(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_the_file_is_answered(content: Vec<u8>, body in "[0-9:,A-Za-z.\n-]{0,200}") {
            let name = "132539.txt".to_owned();
            let _ = Stay::read(&File { name: name.clone(), content });
            let content = format!("{HEADER}\n{body}").into_bytes();
            let _ = Stay::read(&File { name, content });
        }
    }
}
