//! Named, immutable objects: put once, list, read.
//!
//! The port is [`object_store::ObjectStore`], whose implementations for directories and S3 are the
//! library's; this crate adds what Strata asks of every one of them: an object is visible whole or
//! not at all, and is never overwritten.

use std::fmt;
use std::path::Path as FilePath;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions};

/// Objects under one root.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    root: String,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects").field("root", &self.root).finish_non_exhaustive()
    }
}

/// Why an object could not be put, listed or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{name}` in {root}: {cause}")]
pub struct Error {
    action: &'static str,
    name: String,
    root: String,
    #[source]
    cause: Box<dyn std::error::Error + Send + Sync>,
}

/// Whether a put made the object or found it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is new.
    Created,
    /// An object of that name exists and stays as it is.
    Exists,
}

impl Objects {
    /// Objects in a directory, which is made when it is missing.
    pub fn directory(root: &FilePath) -> Result<Self, Error> {
        let open = || -> Result<LocalFileSystem, Box<dyn std::error::Error + Send + Sync>> {
            std::fs::create_dir_all(root)?;
            Ok(LocalFileSystem::new_with_prefix(root)?)
        };
        let root = root.display().to_string();
        match open() {
            Ok(store) => Ok(Self { store: Arc::new(store), root }),
            Err(cause) => Err(Error { action: "open", name: String::new(), root, cause }),
        }
    }

    /// Puts an object, durably and whole, unless one of that name exists.
    pub async fn put_new(&self, name: &str, bytes: Bytes) -> Result<Put, Error> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&Path::from(name), bytes.into(), options).await {
            Ok(_) => Ok(Put::Created),
            Err(StoreError::AlreadyExists { .. }) => Ok(Put::Exists),
            Err(cause) => Err(self.error("write", name, cause)),
        }
    }

    /// Every name below `prefix`, sorted, however many there are.
    pub async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let found = self.store.list(Some(&Path::from(prefix))).map_ok(|meta| meta.location.to_string());
        let mut names: Vec<String> = found.try_collect().await.map_err(|cause| self.error("list", prefix, cause))?;
        names.sort_unstable();
        Ok(names)
    }

    /// The whole object.
    pub async fn get(&self, name: &str) -> Result<Bytes, Error> {
        let read = async { self.store.get(&Path::from(name)).await?.bytes().await };
        read.await.map_err(|cause| self.error("read", name, cause))
    }

    /// Takes an object away; one that is not there is no error.
    pub async fn remove(&self, name: &str) -> Result<(), Error> {
        match self.store.delete(&Path::from(name)).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(cause) => Err(self.error("remove", name, cause)),
        }
    }

    fn error(&self, action: &'static str, name: &str, cause: StoreError) -> Error {
        Error { action, name: name.into(), root: self.root.clone(), cause: cause.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault 19: listings were not paged, so that objects past the thousandth were ignored.
    #[tokio::test]
    async fn lists_more_than_a_thousand() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::directory(folder.path()).unwrap();
        for number in 0..1_100 {
            objects.put_new(&format!("raw/t/{number:05}"), Bytes::from_static(b"x")).await.unwrap();
        }
        assert_eq!(objects.list("raw/t").await.unwrap().len(), 1_100);
        assert!(objects.list("nothing").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_object_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let objects = Objects::directory(folder.path()).unwrap();
        assert_eq!(objects.put_new("a/b", Bytes::from_static(b"one")).await.unwrap(), Put::Created);
        assert_eq!(objects.put_new("a/b", Bytes::from_static(b"two")).await.unwrap(), Put::Exists);
        assert_eq!(objects.get("a/b").await.unwrap(), Bytes::from_static(b"one"));
    }
}
