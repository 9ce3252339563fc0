//! The face: objects under one root.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, PutMode, PutOptions};

use crate::Error;

/// Objects under one root.
#[derive(Clone)]
pub struct Objects {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) root: String,
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objects").field("root", &self.root).finish_non_exhaustive()
    }
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
    /// Puts an object, whole, unless one of that name exists; of many who put at once, one creates it.
    /// What was created outlives this process however it ends. Whether it outlives the machine's is the disk's or
    /// the server's matter: a directory is not synced.
    ///
    /// Over a network that loses the answer, the second attempt may find what the first one created: then this says
    /// [`Exists`](Put::Exists).
    pub async fn put_new(&self, name: &str, bytes: Bytes) -> Result<Put, Error> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&Path::from(name), bytes.into(), options).await {
            Ok(_) => Ok(Put::Created),
            Err(StoreError::AlreadyExists { .. }) => Ok(Put::Exists),
            Err(cause) => Err(self.error("write", name, cause)),
        }
    }

    /// Every name below `prefix`, sorted, however many there are: S3 gives them by the thousand, and all
    /// pages are read.
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

    /// The whole object, or `None` where none has that name.
    pub async fn find(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let read = async { self.store.get(&Path::from(name)).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(cause) => Err(self.error("read", name, cause)),
        }
    }

    /// Some bytes of an object, counted from 0. A range that begins in it and ends behind it is cut; one that begins
    /// behind it is an error.
    pub async fn get_range(&self, name: &str, range: Range<u64>) -> Result<Bytes, Error> {
        let path = Path::from(name);
        self.store.get_range(&path, range).await.map_err(|cause| self.error("read", name, cause))
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
