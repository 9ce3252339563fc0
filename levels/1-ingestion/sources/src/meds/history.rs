//! One subject's rows as events: what was charted together as one reading, infusions from their start to
//! their end, and who the subject is.

use std::collections::HashMap;

use strata_types::event::{AdverseEvent, LabResult, Medication, Patient, Severity, Sex};
use strata_types::unit::to_canonical;
use strata_types::{Event, PatientId, Timestamp};

use super::NAME;
use super::codes::{Meaning, meaning};
use super::rows::Row;
use crate::Error;
use crate::delivery::Delivery;
use crate::mimic_iv::reading::{Charted, reading};

/// A subject's rows so far.
pub(super) struct History {
    pub(super) id: i64,
    pub(super) time: Option<Timestamp>,
    patient: Patient,
    /// What was charted at `time`.
    charted: Vec<Charted>,
    /// Infusions that run, by drug: their beginnings, the first one first.
    running: HashMap<String, Vec<Medication>>,
}

impl History {
    pub(super) fn of(id: i64) -> Self {
        let patient_id: PatientId = id.to_string().parse().expect("a number is a patient's id");
        let patient = Patient {
            patient_id,
            birth_year: None,
            age: None,
            sex: None,
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
        };
        Self { id, time: None, patient, charted: Vec::new(), running: HashMap::new() }
    }

    pub(super) fn take(&mut self, row: &Row<'_>, delivery: &mut Delivery<'_>) -> Result<(), Error> {
        if row.time > self.time {
            self.close(delivery)?;
            self.time = row.time;
        }
        let column = summary_of(row.code);
        let meaning = meaning(row.code);
        let fate = self.event(&meaning, row);
        let event = match fate {
            Ok(event) => event,
            Err(reason) => {
                delivery.unmapped(&column, reason, 1);
                return Ok(());
            }
        };
        // What was charted is counted when its time is over.
        if !matches!(meaning, Meaning::Vital { .. }) {
            delivery.mapped(&column, 1);
        }
        event.map_or(Ok(()), |event| delivery.give(&event, None))
    }

    /// What a row is: an event, or a part of one to come; or nothing, for this reason.
    fn event(&mut self, meaning: &Meaning<'_>, row: &Row<'_>) -> Result<Option<Event>, &'static str> {
        let year = || row.time.and_then(|time| time.date().get(..4)?.parse().ok());
        match *meaning {
            Meaning::Birth => self.patient.birth_year = year(),
            Meaning::Sex(letter) => {
                self.patient.sex = match letter.to_ascii_uppercase().as_str() {
                    "M" | "MALE" => Some(Sex::Male),
                    "F" | "FEMALE" => Some(Sex::Female),
                    "O" | "OTHER" => Some(Sex::Other),
                    _ => Some(Sex::Unknown),
                }
            }
            Meaning::Admission => self.patient.admitted_at = row.time,
            Meaning::UnitAdmission(unit) => {
                let short = unit.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(unit);
                self.patient.care_unit = (!short.is_empty()).then(|| short.into());
                self.patient.unit_admitted_at = row.time;
            }
            Meaning::Nothing(reason) => return Err(reason),
            _ => return self.timed(meaning, row),
        }
        Ok(None)
    }

    fn timed(&mut self, meaning: &Meaning<'_>, row: &Row<'_>) -> Result<Option<Event>, &'static str> {
        let time = row.time.ok_or("it has no time")?;
        let number = row.value.filter(|value| value.is_finite()).ok_or("no number: a word, or nothing was measured");
        match *meaning {
            Meaning::Vital { item, unit } => {
                let number = number?;
                let value = unit.map_or(Some(number), |(variable, unit)| to_canonical(variable, number, unit));
                let value = value.ok_or("its unit is none of the variable's")?;
                let subject = self.id.unsigned_abs();
                self.charted.push(Charted { subject, time, arrived: time, item, value });
                Ok(None)
            }
            Meaning::Lab { variable, loinc, unit } => Ok(Some(Event::LabResult(LabResult {
                patient_id: self.patient.patient_id.clone(),
                timestamp: time,
                test_name: variable.name.into(),
                value: number?,
                unit: unit.into(),
                source: NAME.into(),
                loinc: Some(loinc.into()),
                lab_id: None,
                reference_range: None,
                performing_lab: None,
                trial_site: None,
                event_id: None,
            }))),
            Meaning::Dose { drug, unit } => {
                let dose = self.dose(time, drug, row.text);
                Ok(Some(Event::Medication(Medication {
                    dosage: number.map_err(|_| "no dose")?,
                    unit: unit.into(),
                    ..dose
                })))
            }
            Meaning::InfusionStart { drug, unit } => {
                let dose = self.dose(time, drug, row.text);
                let rate = row.value.filter(|rate| rate.is_finite());
                let begun = Medication { rate, rate_unit: rate.map(|_| unit.into()), ..dose };
                self.running.entry(drug.into()).or_default().push(begun);
                Ok(None)
            }
            Meaning::InfusionEnd { drug, unit } => {
                let amount = number.map_err(|_| "no amount")?;
                let running = self.running.get_mut(drug).filter(|running| !running.is_empty());
                let begun = running.ok_or("no infusion of the drug runs")?.remove(0);
                let dose = Medication { dosage: amount, unit: unit.into(), end_timestamp: Some(time), ..begun };
                Ok(Some(Event::Medication(dose)))
            }
            Meaning::AdverseEvent { kind, severity } => Ok(Some(self.adverse_event(time, kind, severity))),
            Meaning::Death => Ok(Some(self.adverse_event(time, "death", Severity::Grade5))),
            _ => Ok(None),
        }
    }

    fn dose(&self, time: Timestamp, drug: &str, route: Option<&str>) -> Medication {
        Medication {
            patient_id: self.patient.patient_id.clone(),
            timestamp: time,
            drug_name: drug.into(),
            dosage: 0.0,
            unit: String::new(),
            route: route.unwrap_or("unknown").into(),
            frequency: None,
            rate: None,
            rate_unit: None,
            end_timestamp: None,
            status: None,
            rxnorm: None,
            atc: None,
            administered_by: None,
            trial_site: None,
            trial_arm: None,
            source: NAME.into(),
            event_id: None,
        }
    }

    fn adverse_event(&self, time: Timestamp, kind: &str, severity: Severity) -> Event {
        Event::AdverseEvent(AdverseEvent {
            patient_id: self.patient.patient_id.clone(),
            event_timestamp: time,
            event_type: kind.into(),
            severity,
            reported_by: NAME.into(),
            report_timestamp: time,
            resolved_timestamp: None,
            description: None,
            trial_site: None,
            trial_arm: None,
            source: NAME.into(),
            event_id: None,
        })
    }

    /// Gives the reading of the time that is over.
    fn close(&mut self, delivery: &mut Delivery<'_>) -> Result<(), Error> {
        let charted = std::mem::take(&mut self.charted);
        if charted.is_empty() {
            return Ok(());
        }
        let (vitals, fates) = reading(self.patient.patient_id.clone(), &charted, NAME);
        for (charted, fate) in charted.iter().zip(fates) {
            match fate {
                None => delivery.mapped(charted.item.name, 1),
                Some(reason) => delivery.unmapped(charted.item.name, reason, 1),
            }
        }
        if vitals.is_empty() { Ok(()) } else { delivery.give(&Event::Vitals(vitals), None) }
    }

    /// Gives what is left of a subject, and last who it is: with the last of the admissions.
    pub(super) fn finish(mut self, delivery: &mut Delivery<'_>) -> Result<(), Error> {
        self.close(delivery)?;
        let unended: usize = self.running.values().map(Vec::len).sum();
        delivery.unmapped("INFUSION_START", "no end of the infusion follows", unended as u64);
        delivery.give(&Event::Patient(self.patient), None)
    }
}

/// How the summary calls a code: whole where it names a measurement, else by its first part.
fn summary_of(code: &str) -> String {
    let first = code.split("//").next().unwrap_or_default();
    if matches!(first, "LAB" | "LOINC") { code.into() } else { first.into() }
}
