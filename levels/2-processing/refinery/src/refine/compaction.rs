//! Small files to larger ones, so that readers open few: of one date, whenever four files of about the same size have
//! gathered. So a row is written again only each time that its file grows fourfold. Files that share no patients stay apart,
//! as the waves of a batch leave them: whoever looks for a patient opens one of them anyway.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::error::ArrowError;
use futures::{StreamExt, TryStreamExt, stream};
use strata_lakehouse::{Change, DataFile, Encoded, NewFile, Of, Shelf, Table, TableSpec, merge};
use strata_types::{PARTITIONS, Timestamp, partition_of};
use tokio::task::JoinHandle;

use crate::Error;

/// What a file should have at most.
const TARGET: u64 = 128 << 20;
/// From here on a file is left as it is.
const FULL: u64 = TARGET / 2;
/// Files below this are of one size.
const SMALL: u64 = 256 << 10;
/// How many files of a size are too many.
const TOO_MANY: usize = 4;
/// How many files are merged into one at most; together they have at most the target, for what they become is held in memory.
const MOST: usize = 16;
/// What is merged while others wait: less than half a second.
const QUICK: u64 = 4 << 20;

/// The files that should be one: of each date, at most one such group.
pub(super) fn plan(files: &[DataFile]) -> Vec<Vec<DataFile>> {
    // What has no time must not hide the times of what has.
    let mut dates: BTreeMap<_, BTreeMap<u32, Vec<&DataFile>>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.bytes < FULL) {
        let tiers = dates.entry((&file.date, file.times.is_some())).or_default();
        tiers.entry(tier(file.bytes)).or_default().push(file);
    }
    let groups = dates.into_values().filter_map(|tiers| tiers.into_values().find(|tier| are_too_many(tier)));
    groups
        .map(|mut group| {
            group.sort_by_key(|file| (file.times.as_ref().map(|times| *times.start()), file.bytes));
            let mut size = 0;
            let fits = |file: &&&DataFile| {
                size += file.bytes;
                size <= TARGET
            };
            group.iter().take(MOST).take_while(fits).map(|file| (*file).clone()).collect()
        })
        .collect()
}

/// Whether many are small, or hold the same patients.
fn are_too_many(files: &[&DataFile]) -> bool {
    let of_bucket = |bucket| files.iter().filter(|file| file.buckets >> bucket & 1 == 1).count();
    let deepest = (0..PARTITIONS).map(of_bucket).max().unwrap_or(0);
    let small = files.iter().filter(|file| file.bytes < SMALL).count();
    deepest >= TOO_MANY || small >= TOO_MANY
}

fn tier(bytes: u64) -> u32 {
    (bytes / SMALL).checked_ilog(TOO_MANY as u64).map_or(0, |tier| tier + 1)
}

/// Merges until every date has few files: the end of a batch.
pub(super) async fn settle(table: &mut Table, now: Timestamp) -> Result<(), Error> {
    loop {
        let groups = plan(table.files());
        if groups.is_empty() {
            return Ok(());
        }
        merge_now(table, groups, now).await?;
    }
}

/// Merges what takes no time; gives back the first group that does.
pub(super) async fn settle_small(table: &mut Table, now: Timestamp) -> Result<Option<Vec<DataFile>>, Error> {
    let (small, large): (Vec<_>, Vec<_>) = plan(table.files()).into_iter().partition(|group| size(group) <= QUICK);
    if !small.is_empty() {
        merge_now(table, small, now).await?;
    }
    Ok(large.into_iter().next())
}

async fn merge_now(table: &mut Table, groups: Vec<Vec<DataFile>>, now: Timestamp) -> Result<(), Error> {
    let shelf = table.shelf();
    let merging: Vec<_> =
        groups.iter().map(|group| merged(shelf.clone(), table.spec(), group.clone(), now, Arc::default())).collect();
    // Two at once, unless they are so large that memory would show it.
    let at_once = if groups.iter().all(|group| size(group) <= FULL / 2) { 2 } else { 1 };
    let added: Vec<Vec<NewFile>> = stream::iter(merging).buffered(at_once).try_collect().await?;
    commit(table, groups.into_iter().flatten().collect(), added.into_iter().flatten().collect(), now).await
}

async fn commit(table: &mut Table, removed: Vec<DataFile>, added: Vec<NewFile>, now: Timestamp) -> Result<(), Error> {
    let change = Change { added, removed, of: Of::Layout, now_ms: now.0 / 1_000, ..Change::default() };
    table.commit(change).await?;
    Ok(())
}

/// A merge that runs while others work. Dropped, it ends soon, and nothing has happened.
#[derive(Debug)]
pub(super) struct Background {
    /// Whose files they are.
    pub(super) table: &'static str,
    files: Vec<DataFile>,
    task: JoinHandle<Result<Vec<NewFile>, Error>>,
    dropped: Arc<AtomicBool>,
}

impl Background {
    pub(super) fn begin(table: &Table, files: Vec<DataFile>, now: Timestamp) -> Self {
        let dropped = Arc::<AtomicBool>::default();
        let merging = merged(table.shelf(), table.spec(), files.clone(), now, Arc::clone(&dropped));
        let runtime = tokio::runtime::Handle::current();
        let task = tokio::task::spawn_blocking(move || runtime.block_on(merging));
        Self { table: table.spec().name, files, task, dropped }
    }

    pub(super) fn is_done(&self) -> bool {
        self.task.is_finished()
    }

    /// Commits what was merged, unless a file of it has been replaced since.
    pub(super) async fn end(mut self, table: &mut Table, now: Timestamp) -> Result<(), Error> {
        let added = (&mut self.task).await??;
        let files = std::mem::take(&mut self.files);
        if files.iter().all(|file| table.files().contains(file)) {
            commit(table, files, added, now).await?;
        }
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.dropped.store(true, Ordering::Relaxed);
    }
}

/// Files of one date as one, or as several of whole buckets where one would be too large.
async fn merged(
    shelf: Shelf,
    spec: &'static TableSpec,
    files: Vec<DataFile>,
    now: Timestamp,
    dropped: Arc<AtomicBool>,
) -> Result<Vec<NewFile>, Error> {
    let parts = split(files.iter().fold(0, |bits, file| bits | file.buckets), size(&files));
    let mut added = Vec::new();
    for (number, buckets) in parts.iter().copied().enumerate() {
        // The first part takes what is of no other, so that every row goes somewhere, whatever its bucket is.
        let others = parts.iter().filter(|part| **part != buckets).fold(0, |bits, part| bits | part);
        let windows: Vec<_> = files.iter().map(|file| shelf.window(file)).collect();
        let dropped = Arc::clone(&dropped);
        let merging = move || -> Result<Option<Encoded>, Error> {
            let keep = |rows: &RecordBatch| {
                if dropped.load(Ordering::Relaxed) {
                    return Err(ArrowError::ComputeError("the merge was given up".into()));
                }
                Ok(if number == 0 {
                    is_in(rows, |bit| others & bit == 0)
                } else {
                    is_in(rows, |bit| buckets & bit != 0)
                })
            };
            let merged = merge(spec, windows, &keep, now.0 / 1_000);
            merged.map_err(|cause| Error::Shape { table: spec.name, cause: cause.into() })
        };
        if let Some(encoded) = tokio::task::spawn_blocking(merging).await?? {
            added.push(shelf.put(files[0].date.as_deref(), buckets, encoded).await?);
        }
    }
    Ok(added)
}

fn size(files: &[DataFile]) -> u64 {
    files.iter().map(|file| file.bytes).sum()
}

/// The buckets of each file to be.
fn split(buckets: u16, bytes: u64) -> Vec<u16> {
    let bits: Vec<u8> = (0..PARTITIONS).filter(|bucket| buckets & (1 << bucket) != 0).collect();
    let parts = bytes.div_ceil(TARGET).next_power_of_two().clamp(1, bits.len().max(1) as u64) as usize;
    let part = bits.len().div_ceil(parts).max(1);
    bits.chunks(part).map(|bits| bits.iter().fold(0, |mask, bit| mask | 1 << bit)).collect()
}

/// Which rows are of patients of some buckets, each given by its bit; what has no patient has no bit.
fn is_in(rows: &RecordBatch, is_wanted: impl Fn(u16) -> bool) -> BooleanArray {
    let ids = rows.column_by_name("patient_id").and_then(|ids| ids.as_string_opt::<i32>());
    let bit = |row| ids.filter(|ids| ids.is_valid(row)).map_or(0, |ids| 1 << partition_of(ids.value(row).as_bytes()));
    (0..rows.num_rows()).map(|row| Some(is_wanted(bit(row)))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(number: usize, bytes: u64, timed: bool) -> DataFile {
        let times = timed.then_some(number as i64..=number as i64);
        DataFile { path: format!("{number}"), date: None, buckets: u16::MAX, times, rows: 1, bytes }
    }

    proptest! {
        /// However files come, few stay, and a byte is written again about as often as its file can grow fourfold.
        #[test]
        fn few_files_stay_and_rows_move_seldom(sizes in prop::collection::vec(1_000_u64..3_000_000, 1..400)) {
            let (mut files, mut written, mut next) = (Vec::new(), 0, 0);
            let total: u64 = sizes.iter().sum();
            for bytes in sizes {
                files.push(file(next, bytes, true));
                next += 1;
                while let Some(group) = plan(&files).pop() {
                    prop_assert!(group.len() >= 2 && size(&group) <= TARGET);
                    files.retain(|file| !group.contains(file));
                    let bytes = size(&group);
                    written += bytes;
                    files.push(file(next, bytes, true));
                    next += 1;
                }
            }
            let small = files.iter().filter(|file| file.bytes < FULL).count();
            prop_assert!(small <= 15, "{small} files");
            prop_assert!(written <= total * 6 + 64 * SMALL, "{written} of {total}");
        }
    }

    #[test]
    fn what_has_no_time_stays_apart_and_full_files_rest() {
        let files: Vec<_> = (0..6).map(|number| file(number, 1_000, number % 2 == 0)).collect();
        assert!(plan(&files).is_empty());
        let full: Vec<_> = (0..9).map(|number| file(number, FULL, true)).collect();
        assert!(plan(&full).is_empty());
    }

    #[test]
    fn files_without_a_patient_in_common_stay_apart() {
        let of = |number: usize, buckets, bytes| DataFile { buckets, ..file(number, bytes, true) };
        let apart: Vec<_> = (0..16).map(|number| of(number, 1 << number, SMALL)).collect();
        assert!(plan(&apart).is_empty());
        let shared = (16..19).map(|number| of(number, 0b1000, SMALL));
        assert_eq!(plan(&[apart.clone(), shared.collect()].concat())[0].len(), MOST);
        let small: Vec<_> = (0..16).map(|number| of(number, 1 << number, SMALL - 1)).collect();
        assert_eq!(plan(&small)[0].len(), 16);
    }

    #[test]
    fn what_would_be_too_large_is_split_by_whole_buckets() {
        assert_eq!(split(u16::MAX, TARGET), [u16::MAX]);
        assert_eq!(split(u16::MAX, TARGET + 1), [0x00ff, 0xff00]);
        assert_eq!(split(0b101, 9 * TARGET), [0b001, 0b100]);
        assert_eq!(split(1, 9 * TARGET), [1]);
    }
}
