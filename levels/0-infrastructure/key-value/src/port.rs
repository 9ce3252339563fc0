//! The port: what every key-value store of Strata does, and exactly how.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;

use crate::Error;

/// The longest key, in bytes.
pub const MAX_KEY: usize = 16 * 1024;

/// Small values by key. Keys are 1 to [`MAX_KEY`] bytes and ordered as bytes; values may be empty.
#[async_trait]
pub trait KeyValue: Debug + Send + Sync {
    /// The value, `None` if there is none or it has expired.
    async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, Error>;

    /// The value of each key, in the order asked.
    async fn get_many(&self, keys: &[Bytes]) -> Result<Vec<Option<Bytes>>, Error>;

    /// Puts all of them or, on an error, none. Of one key the entry with the greatest version stays,
    /// among equal versions the one that was put later; an entry that is older than what is stored is left
    /// out without a word. When this returns, the embedded store has synced its journal to the disk;
    /// an external one is as durable as its server is set up to be.
    async fn put_many(&self, entries: Vec<Entry>) -> Result<(), Error>;

    /// Takes a key away, and with it the memory of its version; one that is not there is no error.
    async fn delete(&self, key: &[u8]) -> Result<(), Error>;

    /// The first `limit` keys that begin with `prefix` and come after the key `after`, in the order of
    /// their bytes, with their values. Fewer than `limit` means that there are no more; otherwise the last
    /// key is the `after` of the next page.
    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<(Bytes, Bytes)>, Error>;

    /// Waits until the store takes nothing more before it is opened anew: an embedded one whose disk was full or failed under
    /// a write. What was put is there. Heard by one who waits, with the first write that is refused for it.
    async fn lost(&self) {
        std::future::pending::<()>().await;
    }
}

/// What is put under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: Bytes,
    /// Its value.
    pub value: Bytes,
    /// How new it is, compared with other entries of the same key alone: as a rule the time at which it
    /// was true, in microseconds since 1970-01-01T00:00:00Z.
    pub version: i64,
    /// When it is no longer there, in microseconds since 1970-01-01T00:00:00Z; to the millisecond.
    pub expires_at: Option<i64>,
}

impl Entry {
    /// One that stays until something newer takes its place.
    pub fn new(key: impl Into<Bytes>, version: i64, value: impl Into<Bytes>) -> Self {
        Self { key: key.into(), value: value.into(), version, expires_at: None }
    }

    /// The same, but gone from this time on (microseconds since 1970-01-01T00:00:00Z).
    #[must_use]
    pub fn until(self, expires_at: i64) -> Self {
        Self { expires_at: Some(expires_at), ..self }
    }
}

/// Refuses keys that not every backend can hold.
pub(crate) fn check_key(key: &[u8]) -> Result<(), Error> {
    if key.is_empty() || key.len() > MAX_KEY { Err(Error::Key { length: key.len() }) } else { Ok(()) }
}
