//! The face: artifacts under one root.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use strata_objects::{Objects, S3};

use crate::location;
use crate::store::{Bucket, Directory, Part, Store};
use crate::{ArtifactPath, Entry, Error, Found, InvalidPath};

/// Artifacts under one root, in a directory or in S3. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Artifacts {
    store: Store,
    /// As it was named.
    root: Arc<str>,
}

impl Artifacts {
    /// Those at `s3://BUCKET[/PREFIX]`, at `file:///FOLDER` or in a folder, which is made when it is missing. Of a folder
    /// one process at a time is in charge.
    pub fn open(root: &str, s3: &S3) -> Result<Self, Error> {
        Self::with(root, s3, Directory::open)
    }

    /// Those of somebody else, to be looked at: a folder must be there, and nothing is made in it.
    pub fn look(root: &str, s3: &S3) -> Result<Self, Error> {
        Self::with(root, s3, Directory::look)
    }

    fn with(root: &str, s3: &S3, directory: fn(&Path) -> std::io::Result<Directory>) -> Result<Self, Error> {
        let store = if root.starts_with("s3://") {
            let opened = Objects::amazon(root, s3).map_err(|error| Error::Request(error.to_string()))?;
            let (client, prefix) = opened;
            Store::Bucket(Bucket::new(client, prefix))
        } else {
            let folder = root.strip_prefix("file://").or_else(|| root.strip_prefix("file:")).unwrap_or(root);
            if folder.contains("://") {
                let message =
                    format!("cannot keep artifacts in `{root}`: give a folder, file:///FOLDER or s3://BUCKET/PREFIX");
                return Err(Error::Request(message));
            }
            Store::Directory(directory(Path::new(folder))?)
        };
        Ok(Self { store, root: root.into() })
    }

    /// Puts an artifact, in place of one that is there. It is seen when all of it has come, and is then on the disk; a body
    /// that fails on the way leaves what was there. Its length, where it is known, only helps.
    pub async fn put<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        &self,
        path: &ArtifactPath,
        length: Option<u64>,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), Error> {
        if path.is_root() {
            return Err(InvalidPath.into());
        }
        let body = body.map_err(std::io::Error::other).boxed();
        match &self.store {
            Store::Directory(directory) => directory.put(path, body).await,
            Store::Bucket(bucket) => bucket.put(path, length, body).await,
        }
    }

    /// Opens an artifact.
    pub async fn find(&self, path: &ArtifactPath) -> Result<Found, Error> {
        match &self.store {
            Store::Directory(directory) => directory.find(path).await,
            Store::Bucket(bucket) => bucket.find(path).await,
        }
    }

    /// What is in a folder, by name; nothing where there is none, or a file.
    pub async fn list(&self, path: &ArtifactPath) -> Result<Vec<Entry>, Error> {
        match &self.store {
            Store::Directory(directory) => directory.list(path).await,
            Store::Bucket(bucket) => bucket.list(path).await,
        }
    }

    /// Takes a file or a whole folder away; one that is not there is no error. The root stays.
    pub async fn remove(&self, path: &ArtifactPath) -> Result<(), Error> {
        if path.is_root() {
            return Err(InvalidPath.into());
        }
        match &self.store {
            Store::Directory(directory) => directory.remove(path).await,
            Store::Bucket(bucket) => bucket.remove(path).await,
        }
    }

    /// The path of a place that the registry knows by a URI, if it is in this store.
    pub fn locate(&self, uri: &str) -> Result<ArtifactPath, Error> {
        location::locate(uri, &self.root)
    }

    /// Whether clients can send parts to the store itself, and get them there: S3 lets them.
    pub fn signs(&self) -> bool {
        matches!(self.store, Store::Bucket(_))
    }

    pub(crate) async fn begin(&self, path: &ArtifactPath, parts: u64) -> Result<(String, Vec<String>), Error> {
        self.bucket("Multipart upload")?.begin(path, parts).await
    }

    pub(crate) async fn complete(&self, path: &ArtifactPath, id: &str, parts: Vec<Part>) -> Result<(), Error> {
        self.bucket("Multipart upload")?.complete(path, id, parts).await
    }

    pub(crate) async fn abort(&self, path: &ArtifactPath, id: &str) -> Result<(), Error> {
        self.bucket("Multipart upload")?.abort(path, id).await
    }

    /// Where an artifact can be had from S3 itself for a while, as an attachment, and its size.
    pub(crate) async fn address_to_get(&self, path: &ArtifactPath, within: Duration) -> Result<(String, u64), Error> {
        self.bucket("Presigned download")?.address_to_get(path, within).await
    }

    /// Where one can be put there.
    pub(crate) async fn address_to_put(&self, path: &ArtifactPath, within: Duration) -> Result<String, Error> {
        self.bucket("Presigned upload")?.address_to_put(path, within).await
    }

    fn bucket(&self, what: &'static str) -> Result<&Bucket, Error> {
        match &self.store {
            Store::Bucket(bucket) => Ok(bucket),
            Store::Directory(_) => Err(Error::OnlyS3(what)),
        }
    }
}
