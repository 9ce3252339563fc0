//! Objects as files: found without following links, put whole or not at all.
//!
//! What is being received lies under `<bucket>/.strata/incoming`, on the same file system, and becomes an object by a
//! rename (or, where it must be new, by a hard link, which fails if something is there). The facts of an object
//! that a file cannot hold lie under `<bucket>/.strata/facts`.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rand::RngExt;

use crate::key::Key;
use crate::{Bucket, Error};

mod condition;
pub(crate) use condition::{Condition, Tag};

mod facts;
pub(crate) use facts::Facts;

mod parts;
pub(crate) use parts::Upload;

/// Keys that are written at once wait for each other only if they share one of so many locks.
const LOCKS: usize = 64;
/// A folder that is emptied by someone else may vanish between making it and using it.
const ATTEMPTS: usize = 8;

/// The buckets' folders.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    locks: [Mutex<()>; LOCKS],
}

/// What is known of an object.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) size: u64,
    pub(crate) modified: SystemTime,
    pub(crate) facts: Facts,
}

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("there is no such object")]
    NotFound,
    #[error("there is no such upload")]
    NoUpload,
    #[error("a part that was named is not there as it was named")]
    NoPart,
    #[error("the object is not as the condition asks")]
    Condition,
    #[error("the object is as it was")]
    NotModified,
    #[error("a key of this name is a folder of others, or a part of the key is an object")]
    Clash,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A file that is being received; gone with this, unless it became an object.
#[derive(Debug)]
pub(crate) struct Incoming(PathBuf);

impl Incoming {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        // Where it became an object there is nothing left to remove.
        let _ = fs::remove_file(&self.0);
    }
}

impl Store {
    /// Makes the buckets' folders, and clears what a killed process was receiving.
    pub(crate) fn open(root: PathBuf, buckets: &[Bucket]) -> Result<Self, Error> {
        let store = Self { root, locks: std::array::from_fn(|_| Mutex::default()) };
        for bucket in buckets {
            let folder = store.bucket(&bucket.name);
            let make = || -> io::Result<()> {
                fs::create_dir_all(&folder)?;
                if bucket.writable {
                    let incoming = store.own(&bucket.name, "incoming");
                    match fs::remove_dir_all(&incoming) {
                        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                        _ => fs::create_dir_all(&incoming)?,
                    }
                }
                Ok(())
            };
            make().map_err(|source| Error::File { path: folder.clone(), source })?;
        }
        Ok(store)
    }

    /// A bucket's folder.
    pub(crate) fn bucket(&self, bucket: &str) -> PathBuf {
        self.root.join(bucket)
    }

    /// A folder of the endpoint's own in a bucket.
    fn own(&self, bucket: &str, name: &str) -> PathBuf {
        self.bucket(bucket).join(crate::key::RESERVED).join(name)
    }

    /// A new file to receive into.
    pub(crate) fn incoming(&self, bucket: &str) -> io::Result<(Incoming, File)> {
        let path = self.own(bucket, "incoming").join(random_name());
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        Ok((Incoming(path), file))
    }

    /// The object and its file, open for reading.
    pub(crate) fn open_object(&self, bucket: &str, key: &Key) -> Result<(File, Object), Fault> {
        let path = self.existing(bucket, key)?;
        let file = File::open(path).map_err(|error| if is_absent(&error) { Fault::NotFound } else { error.into() })?;
        let object = self.describe(bucket, key.as_str(), &file.metadata()?)?;
        Ok((file, object))
    }

    /// What is known of an object.
    pub(crate) fn object(&self, bucket: &str, key: &Key) -> Result<Object, Fault> {
        let path = self.existing(bucket, key)?;
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if is_absent(&error) => return Err(Fault::NotFound),
            Err(error) => return Err(error.into()),
        };
        Ok(self.describe(bucket, key.as_str(), &metadata)?)
    }

    /// What is known of a file that was listed.
    pub(crate) fn describe(&self, bucket: &str, key: &str, metadata: &fs::Metadata) -> io::Result<Object> {
        let facts = facts::read(&self.own(bucket, "facts"), key, metadata);
        Ok(Object { size: metadata.len(), modified: metadata.modified()?, facts })
    }

    /// Makes the received file the object, whole and durably, if the condition holds.
    pub(crate) fn commit(
        &self,
        incoming: &Incoming,
        bucket: &str,
        key: &Key,
        facts: Facts,
        condition: &Condition,
    ) -> Result<Object, Fault> {
        let target = self.bucket(bucket).join(key.path());
        let _turn = self.lock(bucket, key);
        let there = match self.object(bucket, key) {
            Ok(object) => Some(object),
            Err(Fault::NotFound) => None,
            Err(fault) => return Err(fault),
        };
        condition.allows_writing(there.as_ref().map(|object| object.facts.tag.as_str()))?;
        let metadata = fs::symlink_metadata(incoming.path())?;
        // First the facts: until the file is there they fit no file, and are not believed.
        facts::write(&self.own(bucket, "facts"), key.as_str(), &facts, &metadata)?;
        for attempt in 1.. {
            let folder = target.parent().unwrap_or(&target);
            self.check_way(bucket, key)?;
            if let Err(error) = fs::create_dir_all(folder) {
                return Err(if is_clash(&error) { Fault::Clash } else { error.into() });
            }
            let moved = if condition.must_be_new() {
                fs::hard_link(incoming.path(), &target)
            } else {
                fs::rename(incoming.path(), &target)
            };
            match moved {
                Ok(()) => {
                    File::open(folder)?.sync_all()?;
                    return Ok(Object { size: metadata.len(), modified: metadata.modified()?, facts });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists && condition.must_be_new() => {
                    return Err(Fault::Condition);
                }
                Err(error) if is_clash(&error) => return Err(Fault::Clash),
                Err(error) if error.kind() == ErrorKind::NotFound && attempt < ATTEMPTS => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Fault::NotFound)
    }

    /// Takes an object away, and the folders that held nothing else. One that is not there is no fault.
    pub(crate) fn delete(&self, bucket: &str, key: &Key) -> Result<(), Fault> {
        let _turn = self.lock(bucket, key);
        let path = match self.existing(bucket, key) {
            Ok(path) => path,
            Err(Fault::NotFound) => return Ok(()),
            Err(fault) => return Err(fault),
        };
        match fs::remove_file(&path) {
            Err(error) if !is_absent(&error) => return Err(error.into()),
            _ => facts::remove(&self.own(bucket, "facts"), key.as_str()),
        }
        let root = self.bucket(bucket);
        let above = path.ancestors().skip(1).take_while(|folder| *folder != root);
        for folder in above {
            // Refused where something else is in it.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Where an object's file lies, if every step on the way is a folder and the last one a file: no links.
    fn existing(&self, bucket: &str, key: &Key) -> Result<PathBuf, Fault> {
        let mut path = self.bucket(bucket);
        let below = key.path();
        let mut names = below.iter().peekable();
        while let Some(name) = names.next() {
            path.push(name);
            let kind = match fs::symlink_metadata(&path) {
                Ok(metadata) => metadata.file_type(),
                Err(error) if is_absent(&error) => return Err(Fault::NotFound),
                Err(error) => return Err(error.into()),
            };
            let as_expected = if names.peek().is_some() { kind.is_dir() } else { kind.is_file() };
            if !as_expected {
                return Err(Fault::NotFound);
            }
        }
        Ok(path)
    }

    /// Whether what exists of the way to a new object is folders, and no links.
    fn check_way(&self, bucket: &str, key: &Key) -> Result<(), Fault> {
        let mut path = self.bucket(bucket);
        let below = key.path();
        for name in below.parent().into_iter().flatten() {
            path.push(name);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => return Err(Fault::Clash),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
                Err(error) if is_clash(&error) => return Err(Fault::Clash),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn lock(&self, bucket: &str, key: &Key) -> MutexGuard<'_, ()> {
        let digest = facts::digest(&format!("{bucket}/{}", key.as_str()));
        let lock = &self.locks[usize::from(digest[0]) % LOCKS];
        lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn random_name() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

fn is_clash(error: &io::Error) -> bool {
    use ErrorKind::{AlreadyExists, DirectoryNotEmpty, IsADirectory, NotADirectory};
    matches!(error.kind(), AlreadyExists | NotADirectory | IsADirectory | DirectoryNotEmpty)
}
