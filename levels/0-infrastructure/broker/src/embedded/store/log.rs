//! A partition's log: segments in a row, the last of which grows.
//!
//! Appended is not yet durable: [`Log::unsynced`] says what has to be synced, and [`Log::synced`] notes that it was.
//! Durability moves in the order of the offsets, so that what is beyond it after a crash was never acknowledged, and may
//! be cut off where it does not verify.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::batch::Batch;
use super::producers::{Producers, Refused, Verdict};
use super::segment::{Place, Segment, Walk};
use super::snapshot::Snapshot;

/// A snapshot of the growing segment is taken after so many further bytes: what opening has to read, at most.
const SNAPSHOT_EVERY: u64 = 16 << 20;

/// How a partition's log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogSettings {
    /// Bytes after which a new segment begins.
    pub(crate) segment_bytes: u64,
    /// Whether records carry the log's time rather than their sender's.
    pub(crate) log_time: bool,
}

/// Where a batch lies now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) base_offset: i64,
    /// The offset after its last record: when the log is durable up to here, the batch is.
    pub(crate) next_offset: i64,
    /// The log's time, if it counts (ms since the epoch).
    pub(crate) log_time: Option<i64>,
}

/// Why a batch was not appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    /// Its producer has to do something else first.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The disk did not take it; the log is as before.
    #[error("the log's file was not written: {0}")]
    Io(#[from] io::Error),
}

/// Why a log does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file system says no.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// What was synced is gone or changed. Nothing is touched.
    #[error("{path} is damaged: {what}; restore it, or move it and what follows it away to go on without")]
    Damaged {
        /// The segment.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// The log of one partition.
#[derive(Debug)]
pub(crate) struct Log {
    folder: PathBuf,
    settings: LogSettings,
    /// Never empty; the last one grows.
    segments: VecDeque<Segment>,
    next_offset: i64,
    producers: Producers,
    last_time: i64,
    /// Files with bytes that are not synced, in their order, and whether the folder has a new entry.
    dirty: Vec<Arc<File>>,
    dirty_folder: bool,
    /// Bytes of segments that are gone.
    torn: u64,
}

/// What has to be synced for the log to be durable up to an offset.
#[derive(Debug)]
pub(crate) struct Unsynced {
    files: Vec<Arc<File>>,
    folder: Option<PathBuf>,
    snapshots: Vec<(PathBuf, Snapshot)>,
    /// Durable up to here when [`Unsynced::sync`] has returned.
    pub(crate) next_offset: i64,
}

impl Unsynced {
    /// Makes it durable. Blocks for as long as the disk takes.
    pub(crate) fn sync(&self) -> io::Result<()> {
        for file in &self.files {
            file.sync_data()?;
        }
        if let Some(folder) = &self.folder {
            File::open(folder)?.sync_all()?;
        }
        for (path, snapshot) in &self.snapshots {
            // Only saves time when the log is opened next.
            if let Err(error) = snapshot.write(path) {
                tracing::debug!(path = %path.display(), %error, "no snapshot of a segment");
            }
        }
        Ok(())
    }
}

/// Opening and recovering.
impl Log {
    /// Opens what is in the folder, or begins an empty log there. A tail that was never acknowledged is cut off.
    pub(crate) fn open(folder: &Path, settings: LogSettings) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(io)?;
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            found.extend(Segment::offset_of(&path).map(|offset| (offset, path)));
        }
        found.sort();
        let mut log = Self {
            folder: folder.to_owned(),
            settings,
            segments: VecDeque::new(),
            next_offset: found.first().map_or(0, |(offset, _)| *offset),
            producers: Producers::default(),
            last_time: i64::MIN,
            dirty: Vec::new(),
            dirty_folder: false,
            torn: 0,
        };
        for (base_offset, path) in found {
            log.take_up(base_offset, path)?;
        }
        if log.segments.is_empty() {
            log.begin_segment().map_err(io)?;
        }
        Ok(log)
    }

    fn take_up(&mut self, base_offset: i64, path: PathBuf) -> Result<(), OpenError> {
        let io = |source| OpenError::Io { path: path.clone(), source };
        if self.torn > 0 || base_offset != self.next_offset {
            if Snapshot::read(&path.with_extension("index")).is_some() {
                let what = format!("it begins at {base_offset}, what is before it ends at {}", self.next_offset);
                return Err(OpenError::Damaged { path, what });
            }
            // Never synced, so nothing of it was acknowledged. Kept aside all the same: files are not deleted on a guess.
            tracing::warn!(path = %path.display(), expected = self.next_offset, "set aside a segment that follows on nothing");
            return fs::rename(&path, path.with_extension("log.aside")).map_err(io);
        }
        let mut segment = Segment::open(path.clone(), base_offset).map_err(io)?;
        let on_disk = segment.length;
        segment.length = 0;
        if let Some(snapshot) = Snapshot::read(&segment.snapshot_path()) {
            if snapshot.length > on_disk {
                let what = format!("{} bytes were synced, {on_disk} are there", snapshot.length);
                return Err(OpenError::Damaged { path, what });
            }
            (segment.length, segment.covered) = (snapshot.length, snapshot.length);
            segment.index = snapshot.index;
            self.next_offset = snapshot.next_offset;
            self.producers = snapshot.producers;
        }
        if segment.length < on_disk {
            let recovered = segment.recover(self.next_offset, &mut self.producers).map_err(io)?;
            self.next_offset = recovered.next_offset;
            self.torn = recovered.torn;
            if recovered.torn > 0 {
                tracing::warn!(path = %path.display(), bytes = recovered.torn, "cut off a torn tail, which was never acknowledged");
            }
        }
        self.last_time = self.last_time.max(segment.index.max_time());
        if segment.covered < segment.length {
            // What the process that died had written may still be in memory only.
            self.dirty.extend(segment.file.clone());
            self.dirty_folder = true;
        }
        if let Some(sealed) = self.segments.back_mut().filter(|sealed| sealed.covered == sealed.length) {
            sealed.file = None;
        }
        self.segments.push_back(segment);
        Ok(())
    }
}

/// Writing.
impl Log {
    /// Appends a batch, or says where it lies already.
    pub(crate) fn append(&mut self, batch: &mut Batch, now_ms: i64) -> Result<Appended, AppendError> {
        if let Verdict::Duplicate(old) = self.producers.judge(&batch.header)? {
            let next_offset = old.base_offset + i64::from(old.last_delta) + 1;
            let log_time = self.settings.log_time.then_some(old.time);
            return Ok(Appended { base_offset: old.base_offset, next_offset, log_time });
        }
        // The log's time never goes back, whatever the clock does.
        let log_time = self.settings.log_time.then(|| now_ms.max(self.last_time));
        batch.place(self.next_offset, log_time);
        if self.active().length > 0 && self.active().length + batch.header.size as u64 > self.settings.segment_bytes {
            self.begin_segment()?;
        }
        let active = self.segments.back_mut().expect("a log has a segment");
        active.append(batch)?;
        if let Some(file) = &active.file
            && self.dirty.last().is_none_or(|last| !Arc::ptr_eq(last, file))
        {
            self.dirty.push(Arc::clone(file));
        }
        let base_offset = self.next_offset;
        self.next_offset = batch.header.next_offset();
        self.last_time = self.last_time.max(batch.header.max_time);
        self.producers.appended(&batch.header);
        Ok(Appended { base_offset, next_offset: self.next_offset, log_time })
    }

    /// Begins a new segment at the end, unless the last one is empty.
    pub(crate) fn begin_segment(&mut self) -> io::Result<()> {
        if self.segments.back().is_none_or(|last| last.length > 0) {
            self.segments.push_back(Segment::create(&self.folder, self.next_offset)?);
            self.dirty_folder = true;
        }
        Ok(())
    }

    /// Lets a log that never held a record begin at this offset; says whether it does.
    pub(crate) fn begin_at(&mut self, offset: i64) -> io::Result<bool> {
        if self.next_offset == offset {
            return Ok(true);
        }
        if self.next_offset != 0 || self.segments.len() > 1 || self.active().length > 0 {
            return Ok(false);
        }
        let empty = self.segments.pop_back();
        self.next_offset = offset;
        self.begin_segment()?;
        // The new one is there first, for it holds the offset: of two empty ones the later would be set aside.
        empty.map_or(Ok(()), |empty| fs::remove_file(empty.path))?;
        Ok(true)
    }

    /// What has to be synced now; `None` when everything is. `closing`: with a snapshot, however little there is to it.
    pub(crate) fn unsynced(&mut self, closing: bool) -> Option<Unsynced> {
        let last = self.segments.len() - 1;
        let mut snapshots = Vec::new();
        for at in 0..=last {
            // The producers are known as of the end of the log only. Taking up the segments behind this one again adds
            // nothing to them.
            let next_offset = self.segments.get(at + 1).map_or(self.next_offset, |following| following.base_offset);
            let segment = &mut self.segments[at];
            let uncovered = segment.length - segment.covered;
            let due = if at < last || closing { uncovered > 0 } else { uncovered >= SNAPSHOT_EVERY };
            if due {
                let (length, index) = (segment.length, segment.index.clone());
                let snapshot = Snapshot { length, next_offset, index, producers: self.producers.clone() };
                snapshots.push((segment.snapshot_path(), snapshot));
                segment.covered = length;
            }
        }
        let files = std::mem::take(&mut self.dirty);
        let folder = std::mem::take(&mut self.dirty_folder).then(|| self.folder.clone());
        if files.is_empty() && folder.is_none() && snapshots.is_empty() {
            return None;
        }
        for segment in self.segments.iter_mut().take(last).filter(|segment| segment.covered == segment.length) {
            segment.file = None;
        }
        Some(Unsynced { files, folder, snapshots, next_offset: self.next_offset })
    }

    fn active(&self) -> &Segment {
        self.segments.back().expect("a log has a segment")
    }
}

/// Reading.
impl Log {
    /// The offset of the first record that is there.
    pub(crate) fn start_offset(&self) -> i64 {
        self.segments.front().map_or(self.next_offset, |first| first.base_offset)
    }

    /// The offset that the next record gets.
    pub(crate) fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.length).sum()
    }

    /// Where to read from an offset on; to be read without holding the log.
    pub(crate) fn place_of(&self, offset: i64) -> Option<Place> {
        let after = self.segments.partition_point(|segment| segment.base_offset <= offset);
        let segment = self.segments.get(after.checked_sub(1)?)?;
        (offset < self.next_offset).then(|| segment.place_of(offset))
    }

    /// Where to look for the first batch that is not older than a time (ms since the epoch).
    pub(crate) fn place_of_time(&self, time: i64) -> Option<Place> {
        let segment = self.segments.iter().find(|segment| segment.length > 0 && segment.index.max_time() >= time)?;
        Some(segment.place_of_time(time))
    }

    /// The newest time in the log (ms since the epoch), if anything is in it.
    pub(crate) fn last_time(&self) -> Option<i64> {
        (self.last_time > i64::MIN).then_some(self.last_time)
    }
}

/// Letting go.
impl Log {
    /// Deletes whole segments from the oldest on, as long as `goes` says so of (bytes of the log, newest time in the
    /// segment, offset after it, bytes of it). The last segment stays. Gives how many went.
    pub(crate) fn retain(&mut self, mut goes: impl FnMut(u64, i64, i64, u64) -> bool) -> io::Result<usize> {
        let mut gone = 0;
        while let [first, second, ..] = self.segments.make_contiguous() {
            let end = second.base_offset;
            let (time, length) = (first.index.max_time(), first.length);
            let (path, snapshot) = (first.path.clone(), first.snapshot_path());
            if !goes(self.bytes(), time, end, length) {
                break;
            }
            // The snapshot last: without its segment it says nothing.
            fs::remove_file(path)?;
            let _ = fs::remove_file(snapshot);
            self.segments.pop_front();
            self.dirty_folder = true;
            gone += 1;
        }
        Ok(gone)
    }
}

/// Reads batches from a place: whole ones, `most` bytes of them or at least one, ending before `visible`.
pub(crate) fn read(place: Place, offset: i64, visible: i64, most: usize) -> io::Result<Bytes> {
    // As much at once as is wanted, and what the index may be off by.
    Walk::new(place)?.by(most.min(1 << 20) + (128 << 10)).gather(offset, visible, most)
}

/// The first batch from a place on that is not older than a time: the offset and time of its first record. A record
/// within it may be the first that qualifies; what is given is never later than that one.
pub(crate) fn find_time(place: Place, time: i64, log_time: bool) -> io::Result<Option<(i64, i64)>> {
    let mut walk = Walk::new(place)?;
    while let Some(header) = walk.next_header()? {
        if header.max_time >= time {
            let first = if log_time { header.max_time } else { header.base_time.max(time) };
            return Ok(Some((header.base_offset, first)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
