//! The rim: which bronze is new, what stands, and the commits that join them.
//!
//! Work comes in waves of bounded size, whole patient buckets after each other, so memory does not
//! grow with the input. A wave's commit carries how far it read; what was refused is committed
//! before it, and is the same again if the process dies between the two.

mod quarantine;
mod wave;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::AsArray;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use strata_lakehouse::{Lakehouse, Mark, Table};
use strata_landing::{Bronze, Manifest};
use strata_types::{PatientId, Timestamp, Topic};

use crate::finding::Entry;
use crate::silver::{AdverseEventRow, LabRow, LabelRow, MedicationRow, PatientRow, SilverRow, VitalsRow};
use crate::{Error, PATIENTS};

use quarantine::Quarantine;
use wave::{Bundle, Wave};

/// How many objects or files are fetched at once.
const READERS: usize = 8;

/// What becomes of a row with an impossible value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInvalid {
    /// The value becomes null and goes to quarantine; the rest of the row stands.
    #[default]
    Cell,
    /// The row goes to quarantine whole.
    Row,
}

/// How to refine.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What becomes of a row with an impossible value.
    pub on_invalid: OnInvalid,
    /// Whether rows of patients without a record wait in quarantine until it comes.
    pub require_enrolment: bool,
    /// Raw bytes of bronze in one wave.
    pub wave_bytes: u64,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The topic at hand.
    pub topic: Topic,
    /// Raw bytes of the topic's new bronze that are refined.
    pub done: u64,
    /// Raw bytes of the topic's new bronze.
    pub total: u64,
}

/// What a run did to one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refined {
    /// The topic.
    pub topic: String,
    /// New records read from bronze.
    pub records: u64,
    /// Rows written to silver.
    pub written: u64,
    /// Records that cannot be read.
    pub unreadable: u64,
    /// Records that did not reach silver: duplicates, superseded, or refused whole.
    pub not_written: u64,
}

/// Refines what is new in bronze.
#[derive(Debug)]
pub struct Refinery {
    bronze: Bronze,
    lakehouse: Lakehouse,
    settings: Settings,
}

impl Refinery {
    /// A refinery between bronze and the tables. It is the tables' only writer.
    pub fn new(bronze: Bronze, lakehouse: Lakehouse, settings: Settings) -> Self {
        Self { bronze, lakehouse, settings }
    }

    /// Refines all new bronze. Patients come first, for the others may wait for them.
    pub async fn run(
        &self,
        now: Timestamp,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Vec<Refined>, Error> {
        let refined = vec![
            self.topic::<PatientRow>(now, None, progress).await?,
            {
                let enrolled = self.enrolled().await?;
                self.topic::<VitalsRow>(now, enrolled, progress).await?
            },
            self.topic::<LabRow>(now, self.enrolled().await?, progress).await?,
            self.topic::<MedicationRow>(now, self.enrolled().await?, progress).await?,
            self.topic::<AdverseEventRow>(now, self.enrolled().await?, progress).await?,
            self.topic::<LabelRow>(now, None, progress).await?,
        ];
        Ok(refined)
    }

    async fn topic<R: SilverRow>(
        &self,
        now: Timestamp,
        enrolled: Option<Arc<HashSet<PatientId>>>,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Refined, Error> {
        let mut refined = Refined { topic: R::TOPIC.name().into(), ..Refined::default() };
        let mut table = match self.lakehouse.existing(R::SPEC).await? {
            Some(table) => table,
            None if self.bronze.logs(R::TOPIC).await?.is_empty() => return Ok(refined),
            None => self.lakehouse.table(R::SPEC).await?,
        };
        let mut bundles = self.new_bundles(R::TOPIC, &table).await?;
        let mut quarantine = Quarantine::open(&self.lakehouse).await?;
        if let Some(enrolled) = &enrolled {
            bundles.extend(self.returning(R::TOPIC, &mut quarantine, enrolled).await?);
        }
        let total = bundles.iter().map(|bundle| bundle.manifest.raw_bytes).sum();
        let mut done = 0;
        for bundles in waves(bundles, self.settings.wave_bytes) {
            progress(Progress { topic: R::TOPIC, done, total });
            done += bundles.iter().map(|bundle| bundle.manifest.raw_bytes).sum::<u64>();
            let marks = marks(R::TOPIC, &bundles);
            let lines = stream::iter(bundles).map(|bundle| bundle.read(&self.bronze)).buffered(READERS);
            let lines = lines.try_collect().await?;
            let policy = wave::Policy { on_invalid: self.settings.on_invalid, enrolled: enrolled.clone() };
            let wave: Wave<R> = tokio::task::spawn_blocking(move || Wave::refine(lines, &policy)).await?;
            self.commit(wave, &mut table, &mut quarantine, &marks, now, &mut refined).await?;
        }
        if total > 0 {
            progress(Progress { topic: R::TOPIC, done: total, total });
        }
        Ok(refined)
    }

    /// Merges a wave into what stands and commits: quarantine first, then the rows with their marks.
    async fn commit<R: SilverRow>(
        &self,
        wave: Wave<R>,
        table: &mut Table,
        quarantine: &mut Quarantine,
        marks: &[Mark],
        now: Timestamp,
        refined: &mut Refined,
    ) -> Result<(), Error> {
        let (records, unreadable) = (wave.records, wave.unreadable.len() as u64);
        let buckets = wave.buckets;
        let mut files = Vec::new();
        let mut dates = HashSet::new();
        for date in wave.rows.keys() {
            dates.insert(date.clone());
            files.extend(table.files().iter().filter(|f| f.date == *date && f.buckets & buckets != 0).cloned());
        }
        let fetched = stream::iter(&files).map(|file| table.fetch(file)).buffered(READERS);
        let fetched: Vec<_> = fetched.try_collect().await?;
        let standing_entries = quarantine.take::<R>(&dates, buckets).await?;
        let standing: Vec<_> = files.iter().cloned().zip(fetched).collect();
        let merged =
            tokio::task::spawn_blocking(move || wave.merge(standing, standing_entries, now.0 / 1_000)).await??;

        quarantine.put(merged.entries, now).await?;
        let mut added = Vec::new();
        let mut removed = Vec::new();
        for part in merged.parts {
            added.push(table.put(part.date.as_deref(), part.buckets, part.encoded).await?);
            removed.extend(part.replaces);
        }
        if !added.is_empty() || marks.iter().any(|mark| mark.next > 0) {
            table.commit(added, &removed, marks).await?;
        }
        refined.records += records;
        refined.written += merged.written;
        refined.unreadable += unreadable;
        refined.not_written += records - unreadable - merged.written;
        Ok(())
    }

    /// The bronze that no commit of the table has read yet.
    async fn new_bundles(&self, topic: Topic, table: &Table) -> Result<Vec<Bundle>, Error> {
        let mut read = HashMap::new();
        for (log, partition) in self.bronze.logs(topic).await? {
            let next = table.mark(&app(topic, &log, partition)).await?;
            read.insert((log, partition), next);
        }
        let from = |log: &str, partition: u8| read.get(&(log.to_owned(), partition)).copied().unwrap_or(0);
        let manifests = self.bronze.since(topic, &from).await?;
        Ok(manifests.into_iter().map(|manifest| Bundle { manifest, only: None }).collect())
    }

    /// Rows that waited in quarantine for patients who have a record now.
    async fn returning(
        &self,
        topic: Topic,
        quarantine: &mut Quarantine,
        enrolled: &HashSet<PatientId>,
    ) -> Result<Vec<Bundle>, Error> {
        let known = |entry: &Entry| {
            let id = entry.patient_id.as_deref().and_then(|id| id.parse().ok());
            id.is_some_and(|id: PatientId| enrolled.contains(&id))
        };
        let waiting = quarantine.waiting(topic, known).await?;
        if waiting.is_empty() {
            return Ok(Vec::new());
        }
        let manifests = self.bronze.since(topic, &|_, _| 0).await?;
        let bundles = manifests.into_iter().filter_map(|manifest| {
            let range = manifest.first_offset..manifest.end_offset();
            let here = waiting.iter().filter(|place| place.0 == manifest.log && place.1 == manifest.partition);
            let only: HashSet<u64> = here.map(|place| place.2).filter(|offset| range.contains(offset)).collect();
            (!only.is_empty()).then_some(Bundle { manifest, only: Some(only) })
        });
        Ok(bundles.collect())
    }

    /// The patients who have a record, when rows must wait for it.
    async fn enrolled(&self) -> Result<Option<Arc<HashSet<PatientId>>>, Error> {
        if !self.settings.require_enrolment {
            return Ok(None);
        }
        let mut enrolled = HashSet::new();
        if let Some(table) = self.lakehouse.existing(&PATIENTS).await? {
            for file in table.files() {
                for batch in table.read(file, &["patient_id"]).await? {
                    enrolled
                        .extend(batch.column(0).as_string::<i32>().iter().flatten().filter_map(|id| id.parse().ok()));
                }
            }
        }
        Ok(Some(Arc::new(enrolled)))
    }
}

/// Splits the work into waves of about `wave_bytes`, bucket after bucket.
fn waves(mut bundles: Vec<Bundle>, wave_bytes: u64) -> Vec<Vec<Bundle>> {
    bundles.sort_by(|a, b| {
        let order = |m: &Manifest| (m.partition, m.log.clone(), m.first_offset);
        order(&a.manifest).cmp(&order(&b.manifest))
    });
    let mut waves: Vec<Vec<Bundle>> = Vec::new();
    let mut size = 0;
    for bundle in bundles {
        if waves.is_empty() || size + bundle.manifest.raw_bytes > wave_bytes {
            waves.push(Vec::new());
            size = 0;
        }
        size += bundle.manifest.raw_bytes;
        waves.last_mut().expect("a wave was just begun").push(bundle);
    }
    waves
}

/// How far a wave reads each log's partition. Returning rows move no mark.
fn marks(topic: Topic, bundles: &[Bundle]) -> Vec<Mark> {
    let mut next: HashMap<String, u64> = HashMap::new();
    for bundle in bundles.iter().filter(|bundle| bundle.only.is_none()) {
        let manifest = &bundle.manifest;
        let end = next.entry(app(topic, &manifest.log, manifest.partition)).or_default();
        *end = manifest.end_offset().max(*end);
    }
    next.into_iter().map(|(app, next)| Mark { app, next }).collect()
}

fn app(topic: Topic, log: &str, partition: u8) -> String {
    format!("refine/{topic}/{log}/{partition}")
}
