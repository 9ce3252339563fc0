//! A stored file that is read from one end to the other, a window of it at a time, so that many may be open.

use std::io::Cursor;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::executor::block_on;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};

/// Bytes that are fetched together: about a row group of a table's file.
const WINDOW: u64 = 1 << 20;

/// Bytes that the head of a page has at most.
const HEAD: u64 = 1 << 16;

/// A stored file. Reading it blocks: it is for the threads that do such work.
#[derive(Clone, Debug)]
pub struct Window {
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
    bytes: u64,
    /// What was fetched last, and where it begins.
    held: Arc<Mutex<(u64, Bytes)>>,
}

impl Window {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, path: ObjectPath, bytes: u64) -> Self {
        Self { store, path, bytes, held: Arc::default() }
    }

    fn fetch(&self, range: Range<u64>) -> Result<Bytes> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let end = held.0 + held.1.len() as u64;
        if range.start < held.0 || range.end > end {
            let ahead = range.end.max(range.start + WINDOW).min(self.bytes);
            let fetched = block_on(self.store.get_range(&self.path, range.start..ahead));
            *held = (range.start, fetched.map_err(|error| ParquetError::External(error.into()))?);
        }
        let begin = (range.start - held.0) as usize;
        let end = begin + (range.end - range.start) as usize;
        if end > held.1.len() {
            return Err(ParquetError::EOF(format!("`{}` is shorter than it was said to be", self.path)));
        }
        Ok(held.1.slice(begin..end))
    }
}

impl Length for Window {
    fn len(&self) -> u64 {
        self.bytes
    }
}

impl ChunkReader for Window {
    type T = Cursor<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        // Who asks so reads the head of a page, however long that is: its end is not known.
        let ahead = (start + HEAD).min(self.bytes);
        self.fetch(start..ahead).map(Cursor::new)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.fetch(start..start + length as u64)
    }
}
