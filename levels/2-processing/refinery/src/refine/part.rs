//! One wave against what stands: new files that do not count yet, and what has to happen beside them when they do. Reads and
//! stores files, and changes nothing; so it may be done by anybody, and twice.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use strata_lakehouse::{DataFile, Encoded, NewFile, Shelf, Sought, encode};
use strata_types::Timestamp;

use super::READERS;
use super::quarantine;
use super::wave::Wave;
use crate::Error;
use crate::contest::{Outcome, Rivals};
use crate::finding::Entry;
use crate::silver::SilverRow;

/// What came of a wave.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) records: u64,
    pub(super) written: u64,
    /// The buckets of its patients, a bit each.
    pub(super) buckets: u16,
    /// Files that are stored.
    pub(super) added: Vec<NewFile>,
    /// The keys that fall out of standing files, by their paths.
    pub(super) beaten: BTreeMap<String, HashSet<String>>,
    /// What cannot be read.
    pub(super) unreadable: Vec<Entry>,
    /// What there is to say about the rows.
    pub(super) entries: Vec<Entry>,
    /// The entries that fall out of files of quarantine, by their paths.
    pub(super) fallen: BTreeMap<String, Vec<Entry>>,
}

/// What stands: a table's files and quarantine's, as of one moment.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) silver: (Shelf, Vec<DataFile>),
    pub(super) quarantine: (Shelf, Vec<DataFile>),
}

impl Part {
    /// Holds the contests of a wave's new rows with what stands, and stores those that win.
    pub(super) async fn of<R: SilverRow>(wave: Wave<R>, ground: &Ground, now: Timestamp) -> Result<Self, Error> {
        let Wave { dates, unreadable, records, buckets, leaving } = wave;
        let mut part = Self { records, buckets, unreadable, ..Self::default() };
        let (mut contests, mut files, mut entry_files) = (Vec::new(), Vec::new(), Vec::new());
        for (date, fresh) in dates {
            let sought = fresh.sought();
            let rivals = Rivals {
                silver: silver_rivals::<R>(&ground.silver, date.as_deref(), buckets, &sought, &mut files).await?,
                quarantine: entry_rivals(&ground.quarantine, date.as_deref(), buckets, &sought, &mut entry_files)
                    .await?,
            };
            contests.push((date, fresh, rivals));
        }
        let now_ms = now.0 / 1_000;
        let shape = |cause| Error::Shape { table: R::SPEC.name, cause };
        let contest = move || {
            let outcomes = contests.into_par_iter().map(|(date, fresh, rivals)| {
                let outcome = fresh.contest(&rivals, &leaving).map_err(shape)?;
                let rows = &outcome.rows;
                let encoded = (rows.num_rows() > 0).then(|| encode(R::SPEC, std::slice::from_ref(rows), now_ms));
                Ok((date, encoded.transpose().map_err(|cause| shape(cause.into()))?, outcome))
            });
            outcomes.collect::<Result<Vec<(Option<String>, Option<Encoded>, Outcome)>, Error>>()
        };
        for (date, encoded, outcome) in tokio::task::spawn_blocking(contest).await?? {
            part.written += outcome.rows.num_rows() as u64;
            if let Some(encoded) = encoded {
                part.added.push(ground.silver.0.put(date.as_deref(), buckets, encoded).await?);
            }
            part.entries.extend(outcome.entries);
            for (file, keys) in outcome.beaten {
                part.beaten.entry(files[file].path.clone()).or_default().extend(keys);
            }
            for (file, fallen) in outcome.fallen {
                part.fallen.entry(entry_files[file].path.clone()).or_default().extend(fallen);
            }
        }
        Ok(part)
    }

    /// Whether a patient may be in two of these parts: then each has held contests without knowing of the other's rows. It
    /// comes about only where a sender shares patients out to partitions by a hash of its own.
    pub(super) fn overlap(parts: &[Self]) -> bool {
        let mut seen = 0;
        parts.iter().any(|part| {
            let again = seen & part.buckets != 0;
            seen |= part.buckets;
            again
        })
    }
}

/// The columns by which rows are rivals: their keys, and what decides among them.
fn ranked<R: SilverRow>() -> Vec<&'static str> {
    R::SPEC.key.iter().copied().chain(["ingested_at", "event_id", "record_hash"]).collect()
}

/// The rows of silver that may be rivals, each batch with the number of its file, which joins `files`.
async fn silver_rivals<R: SilverRow>(
    (shelf, standing): &(Shelf, Vec<DataFile>),
    date: Option<&str>,
    buckets: u16,
    sought: &Arc<Sought>,
    files: &mut Vec<DataFile>,
) -> Result<Vec<(usize, RecordBatch)>, Error> {
    let may_hold =
        |file: &&DataFile| file.date.as_deref() == date && file.buckets & buckets != 0 && sought.may_be_in(file);
    let (first, columns) = (files.len(), ranked::<R>());
    files.extend(standing.iter().filter(may_hold).cloned());
    let finds: Vec<_> = files[first..].iter().map(|file| shelf.find(file, sought, &columns)).collect();
    let found: Vec<Vec<RecordBatch>> = stream::iter(finds).buffered(READERS).try_collect().await?;
    Ok(numbered(first, found))
}

/// The entries of quarantine that may be rivals, as above. No date stands for a table without dates.
async fn entry_rivals(
    (shelf, standing): &(Shelf, Vec<DataFile>),
    date: Option<&str>,
    buckets: u16,
    sought: &Arc<Sought>,
    files: &mut Vec<DataFile>,
) -> Result<Vec<(usize, Vec<Entry>)>, Error> {
    let may_hold = |file: &&DataFile| {
        let of_date = date.is_none_or(|date| file.date.as_deref() == Some(date));
        of_date && file.buckets & buckets != 0 && sought.may_be_in(file)
    };
    let first = files.len();
    files.extend(standing.iter().filter(may_hold).cloned());
    let finds: Vec<_> = files[first..].iter().map(|file| quarantine::find(shelf, file, sought)).collect();
    let found: Vec<Vec<Entry>> = stream::iter(finds).buffered(READERS).try_collect().await?;
    let found = found.into_iter().enumerate().filter(|(_, found)| !found.is_empty());
    Ok(found.map(|(at, found)| (first + at, found)).collect())
}

fn numbered<T>(first: usize, found: Vec<Vec<T>>) -> Vec<(usize, T)> {
    let numbered = found.into_iter().enumerate();
    numbered.flat_map(|(at, found)| found.into_iter().map(move |one| (first + at, one))).collect()
}
