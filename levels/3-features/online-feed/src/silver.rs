//! What silver says: of everybody, of some patients, and how far it has read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::RecordBatch;
use strata_feature_store::Source;
use strata_lakehouse::{DataFile, Lakehouse, Sought, Table, decode};
use strata_landing::{Beginning, Bronze, LIVE};
use strata_online_store::{Change, Limits, Mark, Marks, OnlineStore, Recent};
use strata_refinery::{QUARANTINE, mark_name};
use strata_types::{PARTITIONS, PatientId, Topic, partition_of};

use crate::Error;
use crate::changes::{QUARANTINE_COLUMNS, of_quarantine, of_rows, ranked_columns};

/// Rows of the largest table that are gone through at once, about: what bounds the patients in memory.
const ROWS_AT_ONCE: u64 = 4_000_000;

/// Silver, with bronze below it.
#[derive(Clone, Debug)]
pub struct Silver {
    lakehouse: Lakehouse,
    bronze: Bronze,
}

/// How far a filling is, in groups of patient buckets and days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filling {
    /// Parts that are done.
    pub done: u64,
    /// Parts in all.
    pub total: u64,
    /// Patients in the store.
    pub patients: u64,
}

impl Silver {
    /// Silver in these tables, made from this bronze.
    pub fn new(lakehouse: Lakehouse, bronze: Bronze) -> Self {
        Self { lakehouse, bronze }
    }

    /// How far silver has read the live log.
    pub async fn marks(&self) -> Result<BTreeMap<(Topic, u8), u64>, Error> {
        let mut marks = BTreeMap::new();
        for part in Source::all() {
            let table = self.lakehouse.existing(part.spec).await?;
            for partition in 0..PARTITIONS {
                let next = match &table {
                    Some(table) => table.mark(&mark_name(part.topic, LIVE, partition)).await?,
                    None => 0,
                };
                marks.insert((part.topic, partition), next);
            }
        }
        Ok(marks)
    }

    /// Whether bronze has something of a partition of the live log that silver has not read yet.
    pub(crate) async fn is_behind(&self, topic: Topic, partition: u8, next: u64) -> Result<bool, Error> {
        let ends = self.bronze.ends(topic, LIVE, Beginning::Earliest).await?;
        Ok(ends.get(&partition).is_some_and(|end| *end > next))
    }

    /// Whether silver has read all of every log but the live one. Lists bronze.
    pub(crate) async fn has_imports(&self) -> Result<bool, Error> {
        for part in Source::all() {
            let logs = self.bronze.logs(part.topic).await?;
            let logs: BTreeSet<&str> = logs.iter().map(|(log, _)| log.as_str()).filter(|log| *log != LIVE).collect();
            if logs.is_empty() {
                continue;
            }
            let Some(table) = self.lakehouse.existing(part.spec).await? else { return Ok(false) };
            for log in logs {
                for (partition, end) in self.bronze.ends(part.topic, log, Beginning::Whole).await? {
                    if table.mark(&mark_name(part.topic, log, partition)).await? < end {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// The whole records of some patients.
    pub async fn of(&self, patients: &[PatientId]) -> Result<Vec<(PatientId, Vec<Change>)>, Error> {
        let sought = Arc::new(Sought::patients(patients.iter().map(PatientId::as_str)));
        let buckets = patients.iter().fold(0, |bits: u16, patient| bits | 1 << patient.partition());
        let mut changes = patients.iter().map(|patient| (patient.clone(), Vec::new())).collect();
        for part in Source::all() {
            let Some(table) = self.lakehouse.existing(part.spec).await? else { continue };
            for rows in find(&table, buckets, &sought, &ranked_columns(&part)).await? {
                of_rows(&part, &rows, &|_| false, &mut changes)?;
            }
        }
        if let Some(table) = self.lakehouse.existing(&QUARANTINE).await? {
            for entries in find(&table, buckets, &sought, &QUARANTINE_COLUMNS).await? {
                of_quarantine(&entries, &mut changes)?;
            }
        }
        Ok(changes.into_iter().collect())
    }

    /// Fills an empty store with what silver says of everybody; gives how far silver had read the live log before.
    ///
    /// Bucket after bucket and day after day, so that no more is in memory than the recent timelines of some buckets.
    pub async fn fill(&self, store: &OnlineStore, tell: &(dyn Fn(Filling) + Send + Sync)) -> Result<Marks, Error> {
        let next = self.marks().await?;
        let mut sources = Vec::new();
        for part in Source::all() {
            sources.push((Input::Events(part), self.lakehouse.existing(part.spec).await?));
        }
        sources.push((Input::Quarantine, self.lakehouse.existing(&QUARANTINE).await?));
        let sources: Vec<(Input, Table)> =
            sources.into_iter().filter_map(|(source, table)| Some((source, table?))).collect();
        let most = sources.iter().map(|(_, table)| table.rows()).max().unwrap_or(0);
        let groups = most.div_ceil(ROWS_AT_ONCE).clamp(1, u64::from(PARTITIONS));
        let dates: BTreeSet<Option<String>> =
            sources.iter().flat_map(|(_, table)| table.files()).map(|file| file.date.clone()).collect();
        let mut filling = Filling { done: 0, total: groups * dates.len().max(1) as u64, patients: 0 };
        for group in 0..groups {
            let at = |index: u64| index * u64::from(PARTITIONS) / groups;
            let buckets = (at(group)..at(group + 1)).fold(0_u16, |bits, bucket| bits | 1 << bucket);
            let mut timelines: HashMap<PatientId, Recent> = HashMap::new();
            for date in &dates {
                let mut day = Vec::new();
                for (source, table) in &sources {
                    let is_of = |file: &&DataFile| file.date == *date && file.buckets & buckets != 0;
                    for file in table.files().iter().filter(is_of) {
                        day.push((*source, table.fetch(file).await?));
                    }
                }
                let limits = store.limits();
                let work = move || {
                    let mut changes = BTreeMap::new();
                    for (source, bytes) in day {
                        source.read(bytes, &mut changes)?;
                    }
                    changes.retain(|patient, _| buckets & 1 << partition_of(patient.as_str().as_bytes()) != 0);
                    take(&mut timelines, changes, limits);
                    Ok::<_, Error>(timelines)
                };
                timelines = tokio::task::spawn_blocking(work).await??;
                filling.done += 1;
                tell(filling);
            }
            filling.patients += timelines.len() as u64;
            store.fill(timelines.into_iter().collect()).await?;
            tell(filling);
        }
        let live = next.into_iter().map(|(place, next)| (place, Mark { next, logged: None })).collect();
        Ok(Marks { live, silver: 0 })
    }
}

/// Lets a day's rows have their say, and lets go what no vector can see any more.
fn take(timelines: &mut HashMap<PatientId, Recent>, changes: BTreeMap<PatientId, Vec<Change>>, limits: Limits) {
    for (patient, changes) in changes {
        let recent = timelines.entry(patient).or_default();
        for change in changes {
            recent.apply(change);
        }
        recent.settle(limits);
    }
}

/// What a table of silver gives.
#[derive(Clone, Copy, Debug)]
enum Input {
    Events(Source),
    Quarantine,
}

impl Input {
    fn read(self, bytes: bytes::Bytes, changes: &mut BTreeMap<PatientId, Vec<Change>>) -> Result<(), Error> {
        let table = match self {
            Self::Events(part) => part.spec.name,
            Self::Quarantine => QUARANTINE.name,
        };
        let columns = match self {
            Self::Events(part) => ranked_columns(&part),
            Self::Quarantine => QUARANTINE_COLUMNS.to_vec(),
        };
        let shape = |cause| Error::Shape { table, cause };
        for rows in decode(bytes, &columns).map_err(|cause| shape(cause.into()))? {
            match self {
                Self::Events(part) => of_rows(&part, &rows, &|_| false, changes)?,
                Self::Quarantine => of_quarantine(&rows, changes)?,
            }
        }
        Ok(())
    }
}

async fn find(table: &Table, buckets: u16, sought: &Arc<Sought>, columns: &[&str]) -> Result<Vec<RecordBatch>, Error> {
    let mut found = Vec::new();
    for file in table.files().iter().filter(|file| file.buckets & buckets != 0) {
        found.extend(table.find(file, sought, columns).await?);
    }
    Ok(found)
}
