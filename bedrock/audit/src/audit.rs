//! The handle that everyone who changes something holds.

use std::fmt;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use strata_runtime::Clock;
use strata_types::Timestamp;

use crate::chain::Link;
use crate::writer::Writer;
use crate::{Entry, Error};

/// A file of about 100,000 records.
const ROTATE_AT: u64 = 32 * 1024 * 1024;

/// Where a record came to stand.
pub type Receipt = Link;

/// Appends to the audit log of a folder. Clones are the same log; other processes may append to it as well.
#[derive(Clone)]
pub struct Audit(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    /// Those who wait for the disk.
    waiting: Mutex<Vec<(Entry, Slot)>>,
    writer: Mutex<Writer>,
}

type Slot = Arc<OnceLock<Result<Receipt, Error>>>;

impl Audit {
    /// Opens the log in this folder (`audit/events` below the data folder), which is made if it is not there.
    pub fn open(folder: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        Self::rotating_at(folder, clock, ROTATE_AT)
    }

    /// As [`open`](Self::open), with files of this many bytes.
    pub fn rotating_at(folder: impl Into<PathBuf>, clock: Arc<dyn Clock>, bytes: u64) -> Result<Self, Error> {
        let writer = Mutex::new(Writer::open(folder.into(), bytes)?);
        Ok(Self(Arc::new(Inner { clock, waiting: Mutex::default(), writer })))
    }

    /// Appends a record; it is durable when this returns. Blocks for as long as the disk takes.
    ///
    /// Who calls while others are being written waits with the rest, and all of them are written together.
    pub fn record(&self, entry: Entry) -> Result<Receipt, Error> {
        let slot = Slot::default();
        held(&self.0.waiting).push((entry, Arc::clone(&slot)));
        let mut writer = held(&self.0.writer);
        if slot.get().is_none() {
            let (entries, slots): (Vec<_>, Vec<_>) = mem::take(&mut *held(&self.0.waiting)).into_iter().unzip();
            match writer.append(Timestamp(self.0.clock.now_micros()), &entries) {
                Ok(links) => slots.iter().zip(links).for_each(|(slot, link)| drop(slot.set(Ok(link)))),
                Err(error) => slots.iter().for_each(|slot| drop(slot.set(Err(error.clone())))),
            }
        }
        drop(writer);
        slot.get().cloned().unwrap_or(Err(Error::WriterFailed))
    }

    /// Appends records together: they are durable when this returns.
    pub fn record_all(&self, entries: &[Entry]) -> Result<(), Error> {
        held(&self.0.writer).append(Timestamp(self.0.clock.now_micros()), entries).map(drop)
    }
}

/// A writer that panicked left the files as a crash would, and the next one sets them right.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit").field("writer", &self.0.writer).finish_non_exhaustive()
    }
}
