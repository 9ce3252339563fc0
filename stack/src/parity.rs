//! Whether the online store and silver give the same vectors: of every patient, to the bit.
//!
//! Each is asked as of a time of which both have seen everything. While a stack runs, that is a time before which whatever
//! the log had taken is in both; at rest, the newest that the online store knows of the patient. What differs is looked at
//! again while a stack runs, since a correction may have come between the two looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use arrow::array::{Array, AsArray};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use strata_broker::client::{Admin, Options};
use strata_control::{Client, Health};
use strata_features::{FEATURES, Timeline, compute};
use strata_online_feed::Silver;
use strata_online_store::{Marks, OnlineStore, Seen};
use strata_types::{PARTITIONS, PatientId, Timestamp, Topic};
use tokio::time::{Instant, sleep};

use crate::{Stack, online};

/// Patients that are compared at once.
const PAGE: usize = 500;
/// How long is waited until both stores have what the log has.
const PATIENCE: Duration = Duration::from_mins(2);
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

/// Where the online store's states are read.
enum States {
    /// Of a running stack, by its feature server.
    There(String),
    /// In the store itself, of which nobody else has hold.
    Here(OnlineStore),
}

/// States, and how far the store had read before they were.
type Page = (Option<Marks>, Vec<(PatientId, Vec<u8>)>);

impl Stack {
    /// Compares the two stores for every patient, or for the first `sample`.
    pub async fn parity(
        &self,
        sample: Option<u64>,
        progress: &mut (dyn FnMut(ParityProgress) + Send),
    ) -> Result<Parity> {
        let silver = Silver::new(self.processing.lakehouse().clone(), self.processing.bronze().clone());
        let (states, log) = self.states().await?;
        let mut parity = Parity::default();
        let mut unknown: BTreeSet<PatientId> = self.patients().await?;
        let mut again: Vec<PatientId> = Vec::new();
        let mut until = self.both_have(&states, &silver, log.as_ref()).await?;
        let mut after = None;
        loop {
            let (marks, page) = states.page(after.as_ref(), PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            let full = page.len() == PAGE;
            page.iter().for_each(|(patient, _)| _ = unknown.remove(patient));
            self.compare(page, until.bound(marks.as_ref(), &silver).await?, &mut parity, &mut again).await?;
            progress(ParityProgress { compared: parity.compared });
            if !full || sample.is_some_and(|sample| parity.compared >= sample) {
                break;
            }
        }
        if sample.is_none() {
            again.extend(unknown);
        }
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
                Outcome::Nobody => continue,
                Outcome::Same => parity.compared += 1,
                Outcome::Later => parity.not_comparable += 1,
                Outcome::OnlyOffline => parity.only_offline += 1,
                Outcome::OnlyOnline => parity.only_online += 1,
                Outcome::Differs(features) => {
                    (parity.compared, parity.differing) = (parity.compared + 1, parity.differing + 1);
                    features.into_iter().for_each(|name| *parity.features.entry(name).or_default() += 1);
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
        let tables = self.processing.tables()?;
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

    /// Where the online store is, and the log that it follows, while a stack runs.
    async fn states(&self) -> Result<(States, Option<Options>)> {
        let running = Client::connect(self.folder.run()).await?;
        if let Some(client) = running {
            let status = client.status().await?;
            let url = |name: &str| {
                let service = status.services.iter().find(|service| service.status.name == name);
                service.filter(|service| service.health == Health::Healthy)?.status.url.clone()
            };
            let Some(online) = url("online") else {
                bail!(
                    "the stack runs without a healthy online store: raise it with `strata up --only online`, see `strata status`"
                )
            };
            let log = match crate::services::external_log(self.config())? {
                Some(options) => options,
                None => {
                    let log = url("log").context("the log of the running stack is not healthy")?;
                    Options::new(log.trim_start_matches("kafka://"))
                }
            };
            return Ok((States::There(online), Some(log)));
        }
        let url = &self.config().infrastructure.key_value;
        let url = if url.expose().is_empty() {
            strata_config::Secret::new(format!("file://{}", self.folder.key_value().display()))
        } else {
            url.clone()
        };
        let below = strata_key_value::open(&url, Arc::clone(self.clock())).await?;
        let store = self.online().store(below);
        if store.marks().await?.is_none() {
            bail!("the online store was never filled: raise the stack with `strata up`");
        }
        Ok((States::Here(store), None))
    }

    /// Waits until both stores have what the log has taken until now, while a stack runs; at rest, until nothing: silver
    /// must have what the online store has.
    async fn both_have(&self, states: &States, silver: &Silver, log: Option<&Options>) -> Result<Until> {
        let Some(log) = log else {
            let (marks, _) = states.page(None, 1).await?;
            let (marks, silver) = (marks.unwrap_or_default(), silver.marks().await?);
            let behind: u64 = marks
                .live
                .iter()
                .map(|(place, mark)| mark.next.saturating_sub(silver.get(place).copied().unwrap_or(0)))
                .sum();
            if behind > 0 {
                bail!("silver is {behind} records behind the online store: run `strata refine`, or raise the stack");
            }
            return Ok(Until::AtRest);
        };
        let now = Timestamp(self.clock().now_micros());
        let admin = Admin::new(log)?;
        let mut ends = BTreeMap::new();
        for topic in Topic::EVENTS {
            for partition in 0..PARTITIONS {
                let end = admin.watermarks(topic.name(), i32::from(partition)).await?.end as u64;
                ends.insert((topic, partition), end);
            }
        }
        let began = Instant::now();
        loop {
            let marks = states.page(None, 1).await?.0.unwrap_or_default();
            let refined = silver.marks().await?;
            let missing = |next: &dyn Fn(&(Topic, u8)) -> u64| -> u64 {
                ends.iter().map(|(place, end)| end.saturating_sub(next(place))).sum()
            };
            let online = missing(&|place| marks.live.get(place).map_or(0, |mark| mark.next));
            let offline = missing(&|place| refined.get(place).copied().unwrap_or(0));
            if online == 0 && offline == 0 {
                return Ok(Until::Time(now));
            }
            if began.elapsed() > PATIENCE {
                bail!(
                    "after {} s the online store still lacks {online} records of the log, silver {offline}: see `strata status`",
                    PATIENCE.as_secs()
                );
            }
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Until when both stores have seen everything.
enum Until {
    /// Whatever was logged by then.
    Time(Timestamp),
    /// What the online store has read.
    AtRest,
}

impl Until {
    /// The same as a time, by how far the online store had read before its states were, and silver reads now.
    async fn bound(&self, marks: Option<&Marks>, silver: &Silver) -> Result<Timestamp> {
        let Self::Time(time) = self else {
            let (Some(marks), refined) = (marks, silver.marks().await?) else { return Ok(Timestamp(i64::MAX)) };
            // Where silver has more, it is of later than the last record that the online store has.
            let ahead = refined.iter().filter_map(|(place, next)| {
                let mark = marks.live.get(place)?;
                (*next > mark.next).then_some(mark.logged.map_or(Timestamp(i64::MIN), |logged| logged - 1))
            });
            return Ok(ahead.min().unwrap_or(Timestamp(i64::MAX)));
        };
        Ok(*time)
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

impl States {
    async fn page(&self, after: Option<&PatientId>, limit: usize) -> Result<Page> {
        match self {
            Self::Here(store) => {
                let marks = store.marks().await?;
                let page = store.page(after, limit).await?;
                Ok((marks, page.into_iter().map(|(patient, bytes)| (patient, bytes.to_vec())).collect()))
            }
            Self::There(url) => {
                let after = after.map_or_else(String::new, |patient| format!("&after={patient}"));
                read(online::page(format!("{url}/v1/states?limit={limit}{after}")).await?)
            }
        }
    }

    async fn one(&self, patient: &PatientId) -> Result<(Option<Marks>, Option<Vec<u8>>)> {
        match self {
            Self::Here(store) => {
                let marks = store.marks().await?;
                Ok((marks, store.stored(patient).await?.map(|bytes| bytes.to_vec())))
            }
            Self::There(url) => {
                let (marks, page) = read(online::page(format!("{url}/v1/states?patient_id={patient}")).await?)?;
                Ok((marks, page.into_iter().next().map(|(_, bytes)| bytes)))
            }
        }
    }
}

fn read(page: strata_feature_server::StatesPage) -> Result<Page> {
    let marks = page.marks.map(|marks| Ok::<_, anyhow::Error>(Marks::read(&STANDARD.decode(marks)?)?)).transpose()?;
    let state =
        |state: strata_feature_server::StoredState| Ok((state.patient_id.parse()?, STANDARD.decode(state.state)?));
    Ok((marks.flatten(), page.states.into_iter().map(state).collect::<Result<_>>()?))
}
