//! Whether the online store and silver give the same vectors: of every patient, to the bit.
//!
//! Each is asked as of a time of which both have seen everything. While a stack runs, that is a time before which whatever
//! the log had taken is in both; at rest, the newest that the online store knows of the patient. What differs is looked at
//! again while a stack runs, since a correction may have come between the two looks.

mod sample;
mod states;
mod until;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use arrow::array::{Array, AsArray};
use serde::Serialize;
use strata_features::{FEATURES, Timeline, compute};
use strata_online_feed::Silver;
use strata_online_store::Seen;
use strata_types::{PatientId, Timestamp, Topic};

use crate::Stack;
use sample::Chosen;
pub use sample::Sample;

/// Patients that are compared at once.
const PAGE: usize = 500;
/// How often what differs is looked at, while a stack runs.
const LOOKS: u32 = 6;

/// What was compared, and what differs. It names no value.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Parity {
    /// Patients whose vectors were compared.
    pub compared: u64,
    /// Patients whose vectors are not the same.
    pub differing: u64,
    /// In how many patients each feature differs.
    pub features: BTreeMap<&'static str, u64>,
    /// Patients of whom only silver knows.
    pub only_offline: u64,
    /// Patients of whom only the online store knows.
    pub only_online: u64,
    /// Patients whom the online store has judged only as of later than both stores have seen.
    pub not_comparable: u64,
    /// Pseudonyms of patients who differ, a few.
    pub examples: Vec<String>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParityProgress {
    /// Patients who were compared.
    pub compared: u64,
}

impl Parity {
    /// Whether nothing differs.
    pub fn holds(&self) -> bool {
        self.differing == 0 && self.only_offline == 0 && self.only_online == 0
    }
}

/// So many pseudonyms are named.
const EXAMPLES: usize = 5;

/// How a patient came out.
enum Outcome {
    Same,
    Differs(Vec<&'static str>),
    OnlyOffline,
    OnlyOnline,
    /// Nobody knows them.
    Nobody,
    Later,
}

impl Stack {
    /// Compares the two stores for every patient, or for some.
    pub async fn parity(
        &self,
        sample: Option<Sample>,
        progress: &mut (dyn FnMut(ParityProgress) + Send),
    ) -> Result<Parity> {
        let silver = Silver::new(self.processing.lakehouse().clone(), self.processing.bronze().clone());
        let (states, log) = self.states().await?;
        let mut parity = Parity::default();
        let mut unknown: BTreeSet<PatientId> = self.patients().await?;
        let chosen = Chosen::of(sample, &unknown);
        unknown.retain(|patient| chosen.has(patient));
        let mut again: Vec<PatientId> = Vec::new();
        let mut until = self.both_have(&states, &silver, log.as_ref()).await?;
        let mut after = None;
        loop {
            let (marks, mut page) = states.page(after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            let full = page.len() == PAGE;
            page.retain(|(patient, _)| chosen.has(patient));
            for (patient, _) in &page {
                unknown.remove(patient);
            }
            self.compare(page, until.bound(marks.as_ref(), &silver).await?, &mut parity, &mut again).await?;
            progress(ParityProgress { compared: parity.compared });
            if !full {
                break;
            }
        }
        again.extend(unknown);
        let looks = if log.is_some() { LOOKS } else { 1 };
        for look in 0..looks {
            if again.is_empty() {
                break;
            }
            if log.is_some() {
                until = self.both_have(&states, &silver, log.as_ref()).await?;
            }
            let last = look + 1 == looks;
            let mut left = Vec::new();
            for patients in std::mem::take(&mut again).chunks(PAGE) {
                let mut page = Vec::new();
                let mut marks = None;
                for patient in patients {
                    let (of, found) = states.one(patient).await?;
                    marks = marks.or(of);
                    page.push((patient.clone(), found.unwrap_or_default()));
                }
                let bound = until.bound(marks.as_ref(), &silver).await?;
                if last {
                    self.judge(page, bound, &mut parity).await?;
                } else {
                    self.compare(page, bound, &mut parity, &mut left).await?;
                }
            }
            again = left;
        }
        Ok(parity)
    }

    /// Counts those who are the same; who is not is looked at again.
    async fn compare(
        &self,
        page: Vec<(PatientId, Vec<u8>)>,
        bound: Timestamp,
        parity: &mut Parity,
        again: &mut Vec<PatientId>,
    ) -> Result<()> {
        for (patient, outcome) in self.outcomes(page, bound).await? {
            match outcome {
                Outcome::Same => parity.compared += 1,
                Outcome::Nobody => {}
                _ => again.push(patient),
            }
        }
        Ok(())
    }

    /// Counts everybody as they are.
    async fn judge(&self, page: Vec<(PatientId, Vec<u8>)>, bound: Timestamp, parity: &mut Parity) -> Result<()> {
        for (patient, outcome) in self.outcomes(page, bound).await? {
            match outcome {
                Outcome::Nobody => {}
                Outcome::Same => parity.compared += 1,
                Outcome::Later => parity.not_comparable += 1,
                Outcome::OnlyOffline => parity.only_offline += 1,
                Outcome::OnlyOnline => parity.only_online += 1,
                Outcome::Differs(features) => {
                    (parity.compared, parity.differing) = (parity.compared + 1, parity.differing + 1);
                    for name in features {
                        *parity.features.entry(name).or_default() += 1;
                    }
                    if parity.examples.len() < EXAMPLES {
                        parity.examples.push(patient.to_string());
                    }
                }
            }
        }
        Ok(())
    }

    async fn outcomes(&self, page: Vec<(PatientId, Vec<u8>)>, bound: Timestamp) -> Result<Vec<(PatientId, Outcome)>> {
        let patients: Vec<PatientId> = page.iter().map(|(patient, _)| patient.clone()).collect();
        let mut offline = self.features.store().timelines(&patients).await?;
        let require_enrolment = self.config().processing.require_enrolment;
        let outcome = |(patient, bytes): (PatientId, Vec<u8>)| {
            let seen = if bytes.is_empty() { None } else { Seen::read(&bytes, require_enrolment)? };
            let outcome = outcome(seen, offline.remove(&patient), bound);
            Ok((patient, outcome))
        };
        page.into_iter().map(outcome).collect()
    }

    /// Everybody in silver.
    async fn patients(&self) -> Result<BTreeSet<PatientId>> {
        let tables = self.processing.tables().await?;
        let mut patients = BTreeSet::new();
        let of_events =
            Topic::EVENTS.into_iter().map(Topic::table).filter(|table| tables.iter().any(|name| name == table));
        for table in of_events {
            let rows = self.processing.query(&format!("SELECT DISTINCT patient_id FROM {table}")).await?;
            for batch in &rows.batches {
                let ids = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8)?;
                let ids = ids.as_string::<i32>();
                patients.extend((0..ids.len()).filter_map(|row| ids.value(row).parse::<PatientId>().ok()));
            }
        }
        Ok(patients)
    }
}

fn outcome(seen: Option<Seen>, offline: Option<Timeline>, bound: Timestamp) -> Outcome {
    let (seen, offline) = match (seen, offline) {
        (None, None) => return Outcome::Nobody,
        (None, Some(_)) => return Outcome::OnlyOffline,
        (Some(_), None) => return Outcome::OnlyOnline,
        (Some(seen), Some(offline)) => (seen, offline),
    };
    let known = newest_known(&seen.timeline).max(seen.since).unwrap_or(Timestamp(0));
    let t = known.min(bound);
    if seen.since.is_some_and(|since| t < since) {
        return Outcome::Later;
    }
    let (ours, theirs) = (compute(&seen.timeline, t), compute(&offline, t));
    let differing = ours.iter().zip(&theirs).zip(&FEATURES);
    let differing: Vec<_> = differing.filter(|((a, b), _)| a.to_bits() != b.to_bits()).map(|(_, f)| f.name).collect();
    if differing.is_empty() { Outcome::Same } else { Outcome::Differs(differing) }
}

/// When the newest row became known.
fn newest_known(timeline: &Timeline) -> Option<Timestamp> {
    let vitals = timeline.vitals.iter().map(|row| row.available_at).max();
    let labs = timeline.labs.iter().map(|row| row.available_at).max();
    let doses = timeline.medications.iter().map(|row| row.available_at).max();
    let events = timeline.adverse_events.iter().map(|row| row.reported_at).max();
    vitals.max(labs).max(doses).max(events)
}
