//! The store inside this process: a log-structured tree in a folder.
//!
//! Why fjall and not redb: `docs/decisions` has the measurements. A record is its
//! version, when it expires, and the value.
//!
//! Whoever puts waits for the disk, and everyone who came meanwhile is written with the next sync: many small
//! writers share one (group commit). What has expired is not seen from that moment on, and leaves the disk when
//! the tree is compacted.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use strata_runtime::Clock;
use tokio::sync::{Notify, oneshot};
use tokio::task::spawn_blocking;

use crate::port::check_key;
use crate::{Entry, Error, KeyValue};

mod expiry;

mod record;
use record::Record;

mod write;
use write::Change;

/// Blocks of the tree that are kept in memory, in bytes.
const CACHE: u64 = 32 << 20;
/// What is kept in memory before it goes to the tree, in bytes.
const MEMTABLE: u64 = 8 << 20;
/// The journal's size, in bytes: what is read again after a crash.
const JOURNAL: u64 = 64 << 20;
/// Up to so many keys are read where the caller stands: a read takes microseconds, as many as going to another
/// thread would.
const FEW: usize = 32;

/// A folder. One process at a time opens it.
pub struct Embedded {
    inner: Arc<Inner>,
    /// What waits for the next sync.
    waiting: Arc<Mutex<Vec<Waiting>>>,
    /// Who holds it writes.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Rings when the disk failed under a write: after that the tree takes nothing until it is opened anew.
    lost: Notify,
}

struct Inner {
    folder: PathBuf,
    database: Database,
    keyspace: Keyspace,
    clock: Arc<dyn Clock>,
}

struct Waiting {
    changes: Vec<Change>,
    done: oneshot::Sender<Result<(), Arc<fjall::Error>>>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("folder", &self.inner.folder).finish_non_exhaustive()
    }
}

impl Embedded {
    /// Opens the folder, which is made when it is missing. What expires is told by the clock.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let filters = expiry::filters(Arc::clone(&clock));
        let open = || {
            let database = Database::builder(folder)
                .cache_size(CACHE)
                .max_journaling_size(JOURNAL)
                .worker_threads(1)
                .with_compaction_filter_factories(filters)
                .open()?;
            let options = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE);
            let keyspace = database.keyspace("values", options)?;
            Ok::<_, fjall::Error>((database, keyspace))
        };
        let (database, keyspace) = open().map_err(|cause| {
            let locked = matches!(cause, fjall::Error::Locked);
            let hint = if locked { ": another process has it open; stop that one or give another folder" } else { "" };
            Error::Open { location: folder.display().to_string(), hint, cause: cause.into() }
        })?;
        let inner = Arc::new(Inner { folder: folder.to_owned(), database, keyspace, clock });
        Ok(Self { inner, waiting: Arc::default(), turn: Arc::default(), lost: Notify::new() })
    }

    /// Hands the changes to whoever writes next, which may be this caller, and waits until they are on the disk.
    async fn write(&self, action: &'static str, changes: Vec<Change>) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let (done, outcome) = oneshot::channel();
        self.queue().push(Waiting { changes, done });
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let waiting = std::mem::take(&mut *self.queue());
        if !waiting.is_empty() {
            let inner = Arc::clone(&self.inner);
            // The turn goes along: if this caller gives up, the next one still waits for the write.
            spawn_blocking(move || {
                inner.commit(waiting);
                drop(turn);
            });
        }
        match outcome.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(cause)) => {
                if matches!(*cause, fjall::Error::Poisoned) {
                    self.lost.notify_one();
                }
                Err(self.inner.failed(action, cause))
            }
            Err(stopped) => Err(self.inner.failed(action, stopped)),
        }
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        // Nothing that can panic runs under this lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl KeyValue for Embedded {
    async fn lost(&self) {
        self.lost.notified().await;
    }

    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        self.inner.get(key)
    }

    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Bytes>>, Error> {
        if keys.len() <= FEW {
            return keys.iter().map(|key| self.inner.get(key)).collect();
        }
        let keys = keys.to_vec();
        self.inner.blocking(move |inner| keys.iter().map(|key| inner.get(key)).collect()).await
    }

    async fn put_many(&self, entries: Vec<Entry>) -> Result<(), Error> {
        entries.iter().try_for_each(|entry| check_key(&entry.key))?;
        self.write("write", entries.into_iter().map(Change::Put).collect()).await
    }

    async fn delete(&self, key: &[u8]) -> Result<(), Error> {
        check_key(key)?;
        self.write("delete", vec![Change::Delete(Bytes::copy_from_slice(key))]).await
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Bytes, Bytes)>, Error> {
        let (prefix, after) = (prefix.to_vec(), after.map(<[u8]>::to_vec));
        self.inner.blocking(move |inner| inner.scan(&prefix, after.as_deref(), limit)).await
    }
}

impl Inner {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error> {
        check_key(key)?;
        let stored = self.keyspace.get(key).map_err(|cause| self.failed("read", cause))?;
        let Some(stored) = stored else { return Ok(None) };
        let record = Record::read(&stored).ok_or_else(|| self.foreign(key))?;
        Ok(record.is_live(self.clock.now_micros()).then(|| Bytes::copy_from_slice(record.value)))
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Bytes, Bytes)>, Error> {
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        let from = after.map_or(prefix, |after| after.max(prefix));
        let now = self.clock.now_micros();
        for item in self.keyspace.range(from..) {
            let (key, stored) = item.into_inner().map_err(|cause| self.failed("scan", cause))?;
            if !key.starts_with(prefix) {
                break;
            }
            if after.is_some_and(|after| *key <= *after) {
                continue;
            }
            let record = Record::read(&stored).ok_or_else(|| self.foreign(&key))?;
            if record.is_live(now) {
                found.push((Bytes::copy_from_slice(&key), Bytes::copy_from_slice(record.value)));
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }

    /// Writes what waits as one batch, syncs it, and tells everyone.
    fn commit(&self, waiting: Vec<Waiting>) {
        let (changes, tell): (Vec<_>, Vec<_>) = waiting.into_iter().map(|one| (one.changes, one.done)).unzip();
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        let now = self.clock.now_micros();
        let outcome =
            write::resolve(changes.into_iter().flatten(), now, |key| self.keyspace.get(key)).and_then(|winners| {
                for (key, winner) in winners {
                    match winner {
                        Some(entry) => batch.insert(&self.keyspace, &key[..], Record::of(&entry).bytes()),
                        None => batch.remove(&self.keyspace, &key[..]),
                    }
                }
                batch.commit()
            });
        let outcome = outcome.map_err(Arc::new);
        for done in tell {
            // Whoever no longer waits does not want to know.
            let _ = done.send(outcome.clone());
        }
    }

    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(self);
        match spawn_blocking(move || work(&inner)).await {
            Ok(outcome) => outcome,
            Err(cause) => Err(self.failed("read", cause)),
        }
    }

    fn failed(&self, action: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::Failed { action, location: self.folder.display().to_string(), cause: cause.into() }
    }

    fn foreign(&self, key: &[u8]) -> Error {
        Error::Foreign { location: self.folder.display().to_string(), key: key.escape_ascii().to_string() }
    }
}

#[cfg(test)]
mod tests;
