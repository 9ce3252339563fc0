//! What is counted while the live log lands.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use strata_types::Topic;

use crate::writer::Packed;

/// Tells how the live log lands. Cheap; clones tell of the same landing, or, given to one after the other, of all of them.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    records: AtomicU64,
    raw_bytes: AtomicU64,
    stored_bytes: AtomicU64,
    objects: AtomicU64,
    open_bytes: AtomicU64,
    now: Mutex<Now>,
}

#[derive(Debug, Default)]
struct Now {
    committed: Option<Instant>,
    landed: BTreeMap<(Topic, u8), u64>,
    trouble: Option<String>,
}

/// A landing in numbers; the first four count from the meter's making on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Records that were committed.
    pub records: u64,
    /// Their bytes, uncompressed.
    pub raw_bytes: u64,
    /// Bytes of the objects that hold them.
    pub stored_bytes: u64,
    /// Objects that were committed.
    pub objects: u64,
    /// Bytes that were taken from the log and are not committed yet.
    pub open_bytes: u64,
    /// Since the last commit.
    pub since_commit: Option<Duration>,
    /// Why nothing is committed, while it is tried again.
    pub trouble: Option<String>,
}

impl Meter {
    /// How it stands now.
    pub fn stats(&self) -> Stats {
        let inner = &self.0;
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let now = self.now();
        Stats {
            records: load(&inner.records),
            raw_bytes: load(&inner.raw_bytes),
            stored_bytes: load(&inner.stored_bytes),
            objects: load(&inner.objects),
            open_bytes: load(&inner.open_bytes),
            since_commit: now.committed.map(|committed| committed.elapsed()),
            trouble: now.trouble.clone(),
        }
    }

    /// Records that are in the log and not in bronze, given where the log's partitions end: an embedded log has that at hand,
    /// another is asked for its watermarks. A partition that has begun nowhere yet counts none.
    pub fn lag(&self, ends: impl IntoIterator<Item = (Topic, u8, u64)>) -> u64 {
        let now = self.now();
        let behind =
            |(topic, partition, end): (Topic, u8, u64)| Some(end.saturating_sub(*now.landed.get(&(topic, partition))?));
        ends.into_iter().filter_map(behind).sum()
    }

    /// A landing begins: what was known of another is not known of this one.
    pub(crate) fn begin(&self) {
        self.open(0);
        let mut now = self.now();
        *now = Now { committed: now.committed, ..Now::default() };
    }

    /// Bronze goes so far.
    pub(crate) fn landed(&self, topic: Topic, partition: u8, end: u64) {
        self.now().landed.insert((topic, partition), end);
    }

    pub(crate) fn committed(&self, packed: &Packed) {
        let inner = &self.0;
        self.landed(packed.topic, packed.manifest.partition, packed.manifest.end_offset());
        inner.records.fetch_add(packed.manifest.count, Ordering::Relaxed);
        inner.raw_bytes.fetch_add(packed.manifest.raw_bytes, Ordering::Relaxed);
        inner.stored_bytes.fetch_add(packed.stored_bytes(), Ordering::Relaxed);
        inner.objects.fetch_add(1, Ordering::Relaxed);
        self.now().committed = Some(Instant::now());
    }

    pub(crate) fn open(&self, bytes: usize) {
        self.0.open_bytes.store(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn trouble(&self, trouble: Option<String>) {
        self.now().trouble = trouble;
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // Nothing that can panic runs under this lock.
        self.0.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
