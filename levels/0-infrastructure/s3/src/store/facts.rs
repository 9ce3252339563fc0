//! What S3 knows of an object and a file does not: its MD5, its type, and what the client wrote on it.
//!
//! One small file for each object that was put here, named by the hash of the key. It says which file it is about
//! (inode, size, time of change of the contents), so facts of a file that was replaced by other means are not believed.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use s3s::crypto::{Checksum, Md5, Sha256};
use serde::{Deserialize, Serialize};

use super::random_name;

/// The facts of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Its ETag, without quotes.
    pub(crate) tag: String,
    /// The headers that are given back as they came, by their lower-case names.
    pub(crate) headers: BTreeMap<String, String>,
    /// What the client wrote on it.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Facts, and the file that they are about.
#[derive(Serialize, Deserialize)]
struct Kept {
    key: String,
    file: Identity,
    facts: Facts,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    inode: u64,
    size: u64,
    seconds: i64,
    nanoseconds: i64,
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
        }
    }

    /// An ETag for a file of which no MD5 is known: no client takes one with a `-` for an MD5.
    fn tag(&self) -> String {
        let Self { inode, size, seconds, nanoseconds } = self;
        hex::encode(Md5::checksum(format!("{inode} {size} {seconds} {nanoseconds}").as_bytes())) + "-0"
    }
}

/// Those of a file; what is not known is made up from the file itself.
pub(super) fn read(folder: &Path, key: &str, metadata: &Metadata) -> Facts {
    let file = Identity::of(metadata);
    let kept = fs::read(place(folder, key)).ok().and_then(|bytes| serde_json::from_slice::<Kept>(&bytes).ok());
    match kept {
        Some(kept) if kept.key == key && kept.file == file => kept.facts,
        _ => Facts { tag: file.tag(), ..Facts::default() },
    }
}

/// Keeps them, whole or not at all.
pub(super) fn write(folder: &Path, key: &str, facts: &Facts, metadata: &Metadata) -> io::Result<()> {
    let kept = Kept { key: key.to_owned(), file: Identity::of(metadata), facts: facts.clone() };
    let place = place(folder, key);
    let near = place.parent().unwrap_or(folder);
    fs::create_dir_all(near)?;
    let draft = near.join(random_name());
    fs::write(&draft, serde_json::to_vec(&kept)?)?;
    fs::rename(draft, place)
}

/// Forgets them.
pub(super) fn remove(folder: &Path, key: &str) {
    // Facts without a file are not believed, so one that stays does no harm.
    let _ = fs::remove_file(place(folder, key));
}

pub(super) fn digest(text: &str) -> [u8; 32] {
    Sha256::checksum(text.as_bytes())
}

fn place(folder: &Path, key: &str) -> PathBuf {
    let name = hex::encode(digest(key));
    folder.join(&name[..2]).join(name)
}
