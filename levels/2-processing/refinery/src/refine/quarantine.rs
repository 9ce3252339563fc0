//! The quarantine table while topics are refined: what stands of a date, and what takes its place.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use strata_lakehouse::{DataFile, Lakehouse, Packing, Table, encode};
use strata_types::{Timestamp, Topic, partition_of};

use crate::Error;
use crate::column::{batch, schema};
use crate::finding::{COLUMNS, Entry, QUARANTINE};
use crate::silver::SilverRow;

/// Where a record stands on its log.
pub(super) type LogPlace = (String, u8, u64);

/// One date at hand.
#[derive(Debug)]
struct Standing {
    files: Vec<DataFile>,
    /// The entries that stand.
    entries: Vec<Entry>,
    /// Those of them that were not taken out.
    kept: Vec<Entry>,
}

#[derive(Debug)]
pub(super) struct Quarantine {
    table: Table,
    open: BTreeMap<String, Standing>,
    /// Entries whose record is refined again; they are not put back.
    leaving: HashSet<LogPlace>,
}

impl Quarantine {
    pub(super) async fn open(lakehouse: &Lakehouse) -> Result<Self, Error> {
        let table = lakehouse.table(&QUARANTINE).await?;
        Ok(Self { table, open: BTreeMap::new(), leaving: HashSet::new() })
    }

    /// Takes the entries of the table's rows of these dates and buckets: the contests of other buckets are not held, so
    /// their entries stay. `None` stands for a table without dates.
    pub(super) async fn take<R: SilverRow>(
        &mut self,
        dates: &HashSet<Option<String>>,
        buckets: u16,
    ) -> Result<Vec<Entry>, Error> {
        let wanted: BTreeSet<String> =
            if R::SPEC.by_date { dates.iter().flatten().cloned().collect() } else { self.dates() };
        let mut taken = Vec::new();
        for date in wanted {
            self.load(&date).await?;
            let Some(standing) = self.open.get_mut(&date) else { continue };
            let (of_table, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut standing.kept)
                .into_iter()
                .partition(|entry| is_of::<R>(entry) && is_in(entry, buckets));
            standing.kept = kept;
            taken.extend(of_table.into_iter().filter(|entry| !self.leaving.contains(&place(entry))));
        }
        Ok(taken)
    }

    /// Puts back what now stands of what was taken, and what is new; commits when anything changed.
    pub(super) async fn put(&mut self, entries: Vec<Entry>, now: Timestamp) -> Result<(), Error> {
        let mut by_date: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            by_date.entry(entry.date()).or_default().push(entry);
        }
        for date in by_date.keys() {
            self.load(date).await?;
        }
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for (date, standing) in std::mem::take(&mut self.open) {
            let mut entries = by_date.remove(&date).unwrap_or_default();
            entries.extend(standing.kept);
            entries.sort_by(|a, b| a.order().cmp(&b.order()));
            entries.dedup();
            if entries == standing.entries {
                continue;
            }
            removed.extend(standing.files);
            if entries.is_empty() {
                continue;
            }
            let shape = |cause| Error::Shape { table: QUARANTINE.name, cause };
            let rows = batch(&COLUMNS, &entries).map_err(shape)?;
            let encoded = encode(&[rows], &schema(&COLUMNS), Packing::Small, now.0 / 1_000);
            let encoded = encoded.map_err(|cause| shape(cause.into()))?;
            added.push(self.table.put(Some(&date), u16::MAX, encoded).await?);
        }
        if !added.is_empty() || !removed.is_empty() {
            self.table.commit(added, &removed, &[]).await?;
        }
        Ok(())
    }

    /// Rows of a topic that wait for their patient's record and need wait no longer.
    pub(super) async fn waiting(
        &mut self,
        topic: Topic,
        is_known: impl Fn(&Entry) -> bool,
    ) -> Result<HashSet<LogPlace>, Error> {
        for date in self.dates() {
            self.load(&date).await?;
        }
        let entries = self.open.values().flat_map(|standing| &standing.entries);
        let waiting = entries.filter(|entry| entry.rule == "unknown_patient" && entry.topic == topic.name());
        self.leaving = waiting.filter(|entry| is_known(entry)).map(place).collect();
        Ok(self.leaving.clone())
    }

    fn dates(&self) -> BTreeSet<String> {
        self.table.files().iter().filter_map(|file| file.date.clone()).collect()
    }

    async fn load(&mut self, date: &str) -> Result<(), Error> {
        if self.open.contains_key(date) {
            return Ok(());
        }
        let files: Vec<DataFile> =
            self.table.files().iter().filter(|file| file.date.as_deref() == Some(date)).cloned().collect();
        let mut entries = Vec::new();
        for file in &files {
            for rows in self.table.read(file, &[]).await? {
                let shape = |cause| Error::Shape { table: QUARANTINE.name, cause };
                entries.extend(Entry::from_batch(&rows).map_err(shape)?);
            }
        }
        entries.sort_by(|a, b| a.order().cmp(&b.order()));
        self.open.insert(date.to_owned(), Standing { files, kept: entries.clone(), entries });
        Ok(())
    }
}

/// Whether an entry is about a readable record of the table.
fn is_of<R: SilverRow>(entry: &Entry) -> bool {
    entry.key.is_some() && entry.topic == R::TOPIC.name()
}

fn is_in(entry: &Entry, buckets: u16) -> bool {
    let bucket = entry.patient_id.as_deref().map(|id| partition_of(id.as_bytes()));
    bucket.is_some_and(|bucket| buckets & (1 << bucket) != 0)
}

fn place(entry: &Entry) -> LogPlace {
    (entry.log.clone(), entry.partition as u8, entry.offset as u64)
}
