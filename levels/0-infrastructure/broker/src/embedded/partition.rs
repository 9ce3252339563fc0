//! A partition: its log, shared, and how far it is durable.
//!
//! Readers see what is durable and nothing else. A record that a consumer saw is there after a power cut, and its
//! offset never comes to mean another record; who derives names from offsets relies on that.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

use super::store::log::{self, AppendError, OpenError};
use super::store::{Appended, Batch, Log, LogSettings};

/// One partition of a topic, or a log of the broker's own.
#[derive(Debug)]
pub(crate) struct Partition {
    log: Mutex<Log>,
    log_time: bool,
    durable: watch::Sender<Durable>,
    /// What lies before may go.
    released: AtomicI64,
    /// Whether it waits for the flusher or is being flushed.
    pub(super) queued: AtomicBool,
}

/// How far a log is durable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Durable {
    /// The offset after the last durable record.
    pub(crate) offset: i64,
    /// What the disk said when it failed: from then on nothing is known, and nothing is taken.
    pub(crate) failed: Option<Arc<str>>,
}

/// Why a batch is not in the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    #[error(transparent)]
    Append(#[from] AppendError),
    #[error("the log could not be synced: {0}; restart after the disk is well again")]
    Failed(Arc<str>),
}

impl Partition {
    pub(crate) fn open(folder: &Path, settings: LogSettings) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: folder.to_owned(), source };
        let mut log = Log::open(folder, settings)?;
        // A log that is new has nothing to lose: its first record makes it durable.
        if log.next_offset() > 0
            && let Some(unsynced) = log.unsynced(false)
        {
            unsynced.sync().map_err(io)?;
        }
        let durable = watch::Sender::new(Durable { offset: log.next_offset(), failed: None });
        let (released, queued) = (AtomicI64::new(0), AtomicBool::new(false));
        Ok(Self { log: Mutex::new(log), log_time: settings.log_time, durable, released, queued })
    }

    /// Appends a batch; durable only when [`Partition::durable_to`] says so. Blocks on the disk.
    pub(crate) fn append(&self, batch: &mut Batch, now_ms: i64) -> Result<Appended, Unwritten> {
        if let Some(cause) = &self.durable.borrow().failed {
            return Err(Unwritten::Failed(Arc::clone(cause)));
        }
        Ok(self.log().append(batch, now_ms)?)
    }

    /// Syncs what was appended so far. Blocks on the disk. Run by one at a time.
    pub(crate) fn flush(&self, closing: bool) {
        let Some(unsynced) = self.log().unsynced(closing) else { return };
        let synced = unsynced.sync();
        self.durable.send_modify(|durable| match synced {
            Ok(()) if durable.failed.is_none() => durable.offset = durable.offset.max(unsynced.next_offset),
            Ok(()) => {}
            // After a failed sync the system may have dropped the bytes: trying again would prove nothing.
            Err(error) => {
                tracing::error!(%error, "a log could not be synced: it takes nothing more until the broker is restarted");
                durable.failed = Some(error.to_string().into());
            }
        });
    }

    /// Whether something was appended that is not durable.
    pub(crate) fn is_dirty(&self) -> bool {
        let durable = self.durable.borrow().clone();
        durable.failed.is_none() && durable.offset < self.log().next_offset()
    }

    /// Waits until everything before an offset is durable.
    pub(crate) async fn durable_to(&self, offset: i64) -> Result<(), Unwritten> {
        let mut watch = self.durable.subscribe();
        let reached = watch.wait_for(|durable| durable.offset >= offset || durable.failed.is_some()).await;
        match reached.map(|durable| durable.clone()) {
            Ok(Durable { failed: Some(cause), .. }) => Err(Unwritten::Failed(cause)),
            // The sender lives in this partition.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// How far it is durable; can be watched.
    pub(crate) fn watch(&self) -> watch::Receiver<Durable> {
        self.durable.subscribe()
    }

    /// The offset after the last durable record: what consumers see.
    pub(crate) fn end(&self) -> i64 {
        self.durable.borrow().offset
    }

    /// What is wrong with the disk, if something is.
    pub(crate) fn failure(&self) -> Option<Arc<str>> {
        self.durable.borrow().failed.clone()
    }

    /// The offset that the next record gets; what lies between the end and this is on its way to the disk.
    pub(crate) fn next_offset(&self) -> i64 {
        self.log().next_offset()
    }

    /// The first offset that is there.
    pub(crate) fn start(&self) -> i64 {
        self.log().start_offset()
    }

    /// Bytes on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.log().bytes()
    }

    /// Whole batches from an offset on, `most` bytes or one batch. Blocks on the disk.
    pub(crate) fn read(&self, offset: i64, most: usize) -> std::io::Result<Bytes> {
        let place = self.log().place_of(offset);
        place.map_or(Ok(Bytes::new()), |place| log::read(place, offset, self.end(), most))
    }

    /// The offset and time of the first durable batch that is not older than a time (ms since the epoch). Blocks on the disk.
    pub(crate) fn find_time(&self, time_ms: i64) -> std::io::Result<Option<(i64, i64)>> {
        let place = self.log().place_of_time(time_ms);
        let found = place.map_or(Ok(None), |place| log::find_time(place, time_ms, self.log_time))?;
        Ok(found.filter(|(offset, _)| *offset < self.end()))
    }

    /// The newest time in the log (ms since the epoch), if anything is in it.
    pub(crate) fn last_time(&self) -> Option<i64> {
        self.log().last_time()
    }

    /// Allows what lies before an offset to go. Never takes back.
    pub(crate) fn release(&self, offset: i64) {
        self.released.fetch_max(offset, Ordering::SeqCst);
    }

    /// Lets a log that never held a record begin at this offset, durably; says whether it does.
    pub(crate) fn begin_at(&self, offset: i64) -> std::io::Result<bool> {
        let mut log = self.log();
        let begins = log.begin_at(offset)?;
        if let Some(unsynced) = log.unsynced(false) {
            unsynced.sync()?;
        }
        drop(log);
        if begins {
            self.durable.send_modify(|durable| durable.offset = durable.offset.max(offset));
        }
        Ok(begins)
    }

    /// Deletes segments that are past the retention and, if the topic is held, released. Blocks on the disk.
    pub(crate) fn retain(
        &self,
        keep_bytes: Option<u64>,
        older_than_ms: Option<i64>,
        held: bool,
    ) -> std::io::Result<usize> {
        let end = self.end();
        let floor = if held { self.released.load(Ordering::SeqCst).min(end) } else { end };
        let mut log = self.log();
        let all_old = older_than_ms.is_some_and(|limit| log.last_time().is_some_and(|newest| newest < limit));
        if all_old && self.end() == log.next_offset() && floor == end {
            // Nobody writes any more: a new segment lets the last one go. It has to be there first, for it holds the offset.
            log.begin_segment()?;
            if let Some(unsynced) = log.unsynced(false) {
                unsynced.sync()?;
            }
        }
        // What is left has at least `keep_bytes`, so the last segment counts as what it holds.
        log.retain(|bytes, newest, offset_after, first| {
            let past_bytes = keep_bytes.is_some_and(|keep| bytes.saturating_sub(first) >= keep);
            let past_time = older_than_ms.is_some_and(|limit| newest < limit);
            offset_after <= floor && (past_bytes || past_time)
        })
    }

    /// Begins a new segment and deletes all before it, after `write` has put into it what is to remain.
    pub(crate) fn rewrite(&self, write: impl FnOnce(&mut Log) -> Result<(), AppendError>) -> Result<(), AppendError> {
        let mut log = self.log();
        log.begin_segment()?;
        let first = log.next_offset();
        write(&mut log)?;
        if let Some(unsynced) = log.unsynced(false) {
            unsynced.sync()?;
        }
        let next_offset = log.next_offset();
        log.retain(|_, _, end, _| end <= first)?;
        drop(log);
        self.durable.send_modify(|durable| durable.offset = durable.offset.max(next_offset));
        Ok(())
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // A panic under this lock would be a bug of the log; its files are sound at every step.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
