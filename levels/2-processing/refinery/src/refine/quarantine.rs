//! The quarantine table while topics are refined: which entries are rivals, which fall, and which are new.
//!
//! Entries with a time and entries without lie in files of their own, so that the first are found by their time. An entry
//! of a readable record is the same however often the record is refined; what cannot be read has no key by which that
//! would show, so quarantine has marks of its own for how far it has taken such records in.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use arrow::error::ArrowError;
use futures::{StreamExt, TryStreamExt, stream};
use strata_lakehouse::{Change, DataFile, Lakehouse, Mark, NewFile, Shelf, Sought, Table, decode, encode, merge};
use strata_landing::Manifest;
use strata_types::{Timestamp, Topic};

use crate::Error;
use crate::column::batch;
use crate::finding::{COLUMNS, Entry, LogPlace, QUARANTINE};

#[derive(Debug)]
pub(super) struct Quarantine {
    pub(super) table: Table,
    marks: HashMap<String, u64>,
}

/// What becomes of quarantine in one wave.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    /// The entries that are new, or stand again.
    pub(super) entries: Vec<Entry>,
    /// The entries that fall, by the path of their file.
    pub(super) fallen: BTreeMap<String, Vec<Entry>>,
    /// The buckets of their patients.
    pub(super) buckets: u16,
}

impl Quarantine {
    pub(super) async fn open(lakehouse: &Lakehouse) -> Result<Self, Error> {
        Ok(Self { table: lakehouse.table(&QUARANTINE).await?, marks: HashMap::new() })
    }

    /// The entries of a topic that are wanted, wherever they stand, each with the path of its file. Without patients to look
    /// for, all of quarantine is read.
    pub(super) async fn search(
        &self,
        topic: Topic,
        of_patients: Option<Arc<Sought>>,
        wanted: impl Fn(&Entry) -> bool + Send + Sync + Clone + 'static,
    ) -> Result<Vec<(String, Entry)>, Error> {
        let searches = self.table.files().iter().cloned().map(|file| {
            let (shelf, wanted, of_patients) = (self.table.shelf(), wanted.clone(), of_patients.clone());
            async move {
                let rows = if let Some(patients) = &of_patients {
                    shelf.find(&file, patients, &[]).await?
                } else {
                    let bytes = shelf.fetch(&file).await?;
                    let decoded = tokio::task::spawn_blocking(move || decode(bytes, &[])).await?;
                    decoded.map_err(|cause| shape(cause.into()))?
                };
                let search = move || {
                    let entries = entries_of(&rows)?.into_iter();
                    let wanted = entries.filter(|entry| entry.topic == topic.name() && wanted(entry));
                    Ok::<_, Error>(wanted.map(|entry| (file.path.clone(), entry)).collect::<Vec<_>>())
                };
                tokio::task::spawn_blocking(search).await?
            }
        });
        let found: Vec<Vec<_>> = stream::iter(searches.collect::<Vec<_>>()).buffered(2).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Leaves out the unreadable records that quarantine has taken in before: the process ended between its commit and the
    /// table's.
    pub(super) async fn not_yet_taken(
        &mut self,
        topic: Topic,
        unreadable: Vec<Entry>,
        leaving: &HashSet<LogPlace>,
    ) -> Result<Vec<Entry>, Error> {
        let mut kept = Vec::new();
        for entry in unreadable {
            let app = app(topic, &entry.log, entry.partition as u8);
            let next = if let Some(next) = self.marks.get(&app) {
                *next
            } else {
                let next = self.table.mark(&app).await?;
                *self.marks.entry(app).or_insert(next)
            };
            if entry.offset as u64 >= next || leaving.contains(&entry.place()) {
                kept.push(entry);
            }
        }
        Ok(kept)
    }

    /// Commits what a wave changes; nothing when it changes nothing.
    pub(super) async fn put(
        &mut self,
        mut verdicts: Verdicts,
        taken: &[(Topic, &Manifest)],
        now: Timestamp,
    ) -> Result<(), Error> {
        verdicts.settle();
        if verdicts.entries.is_empty() && verdicts.fallen.is_empty() {
            return Ok(());
        }
        let now_ms = now.0 / 1_000;
        let mut change = Change { marks: marks(taken), now_ms, ..Change::default() };
        for (path, fallen) in verdicts.fallen {
            let Some(file) = self.table.files().iter().find(|file| file.path == path).cloned() else { continue };
            let window = self.table.shelf().window(&file);
            let fallen: HashSet<(String, LogPlace)> =
                fallen.into_iter().map(|entry| (entry.topic.clone(), entry.place())).collect();
            let rest = move || merge(&QUARANTINE, vec![window], &|rows| is_not_in(rows, &fallen), now_ms);
            let rest = tokio::task::spawn_blocking(rest).await?.map_err(|cause| shape(cause.into()))?;
            if let Some(encoded) = rest {
                change.added.push(self.table.put(file.date.as_deref(), file.buckets, encoded).await?);
            }
            change.removed.push(file);
        }
        let mut files: BTreeMap<(String, bool), Vec<Entry>> = BTreeMap::new();
        for entry in verdicts.entries {
            files.entry((entry.date(), entry.timestamp.is_some())).or_default().push(entry);
        }
        for ((date, _), entries) in files {
            change.added.push(self.add(&date, entries, verdicts.buckets, now_ms).await?);
        }
        let noted: Vec<Mark> = change.marks.clone();
        self.table.commit(change).await?;
        self.marks.extend(noted.into_iter().map(|mark| (mark.app, mark.next)));
        Ok(())
    }

    async fn add(&self, date: &str, mut entries: Vec<Entry>, buckets: u16, now_ms: i64) -> Result<NewFile, Error> {
        let encoding = move || {
            entries.sort_by(|a, b| a.order().cmp(&b.order()));
            let rows = batch(&COLUMNS, &entries).map_err(shape)?;
            encode(&QUARANTINE, &[rows], now_ms).map_err(|cause| shape(cause.into()))
        };
        let encoded = tokio::task::spawn_blocking(encoding).await??;
        Ok(self.table.put(Some(date), buckets, encoded).await?)
    }
}

impl Verdicts {
    /// What falls and stands again as it was stays where it is.
    fn settle(&mut self) {
        // Topics count their records each for itself.
        let record = |entry: &Entry| (entry.topic.clone(), entry.place());
        let mut new: HashMap<(String, LogPlace), Vec<Entry>> = HashMap::new();
        for entry in self.entries.drain(..) {
            new.entry(record(&entry)).or_default().push(entry);
        }
        for fallen in self.fallen.values_mut() {
            let mut of_record: BTreeMap<(String, LogPlace), Vec<Entry>> = BTreeMap::new();
            for entry in fallen.drain(..) {
                of_record.entry(record(&entry)).or_default().push(entry);
            }
            for (place, mut entries) in of_record {
                let again = new.get_mut(&place).map(|again| {
                    again.sort_by(|a, b| a.order().cmp(&b.order()));
                    entries.sort_by(|a, b| a.order().cmp(&b.order()));
                    *again == entries
                });
                if again == Some(true) {
                    new.remove(&place);
                } else {
                    fallen.extend(entries);
                }
            }
        }
        self.fallen.retain(|_, fallen| !fallen.is_empty());
        self.entries.extend(new.into_values().flatten());
    }
}

/// The entries of these patients and times in a file.
pub(super) async fn find(shelf: &Shelf, file: &DataFile, sought: &Arc<Sought>) -> Result<Vec<Entry>, Error> {
    entries_of(&shelf.find(file, sought, &[]).await?)
}

fn is_not_in(rows: &RecordBatch, fallen: &HashSet<(String, LogPlace)>) -> Result<BooleanArray, ArrowError> {
    let column =
        |name: &str| rows.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")));
    let (topic, log) = (column("topic")?.as_string::<i32>(), column("log")?.as_string::<i32>());
    let partition = column("partition")?.as_primitive::<Int32Type>();
    let offset = column("offset")?.as_primitive::<Int64Type>();
    let is_in = |row| {
        let place = (log.value(row).to_owned(), partition.value(row) as u8, offset.value(row) as u64);
        fallen.contains(&(topic.value(row).to_owned(), place))
    };
    Ok((0..rows.num_rows()).map(|row| Some(!is_in(row))).collect())
}

fn entries_of(rows: &[RecordBatch]) -> Result<Vec<Entry>, Error> {
    let read: Result<Vec<_>, _> = rows.iter().map(Entry::from_batch).collect();
    Ok(read.map_err(shape)?.into_iter().flatten().collect())
}

fn shape(cause: ArrowError) -> Error {
    Error::Shape { table: QUARANTINE.name, cause }
}

fn marks(taken: &[(Topic, &Manifest)]) -> Vec<Mark> {
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    for (topic, manifest) in taken {
        let end = next.entry(app(*topic, &manifest.log, manifest.partition)).or_default();
        *end = manifest.end_offset().max(*end);
    }
    next.into_iter().map(|(app, next)| Mark { app, next }).collect()
}

fn app(topic: Topic, log: &str, partition: u8) -> String {
    format!("quarantine/{topic}/{log}/{partition}")
}
