//! Where artifacts lie: a directory or a bucket, with one face.

mod bucket;
mod directory;
mod signature;

use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use futures::stream::BoxStream;

pub(crate) use bucket::{Bucket, Part};
pub(crate) use directory::Directory;

/// The two places.
#[derive(Clone, Debug)]
pub(crate) enum Store {
    Directory(Directory),
    Bucket(Bucket),
}

/// What is being put, piece by piece.
pub(crate) type Incoming<'a> = BoxStream<'a, std::io::Result<Bytes>>;

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its own name, without the folder's.
    pub name: String,
    /// The bytes of a file; `None` for a folder.
    pub size: Option<u64>,
}

impl Entry {
    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.size.is_none()
    }
}

/// An artifact that is there, ready to be read.
pub struct Found {
    /// Its bytes.
    pub size: u64,
    /// When it was put.
    pub modified: SystemTime,
    /// Changes whenever the bytes do; without quotes.
    pub tag: String,
    pub(crate) source: Source,
}

pub(crate) enum Source {
    File(tokio::fs::File),
    Object { bucket: Bucket, key: object_store::path::Path, first: Bytes },
}

impl Found {
    /// Some of its bytes, piece by piece. The range must lie in it.
    pub fn read(self, range: Range<u64>) -> BoxStream<'static, std::io::Result<Bytes>> {
        match self.source {
            Source::File(file) => directory::read(file, range),
            Source::Object { bucket, key, first } => bucket.read(key, &first, self.tag, range),
        }
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Found").field("size", &self.size).field("tag", &self.tag).finish_non_exhaustive()
    }
}
