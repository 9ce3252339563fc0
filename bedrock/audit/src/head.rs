//! The head: which record is the newest, and where it ends. Written whole or not at all, after the record itself.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::chain::{Hash, Link};
use crate::{Error, files};

const NAME: &str = "head";

/// The newest record, and how long the file was when it had been written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) link: Link,
    /// The first record of the file.
    pub(crate) file: u64,
    pub(crate) bytes: u64,
}

impl Head {
    /// Of a log that holds nothing yet.
    pub(crate) fn of_nothing() -> Self {
        Self { link: Link::default(), file: 1, bytes: 0 }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    seq: u64,
    hash: String,
    file: u64,
    bytes: u64,
}

/// What the head of this folder says: `None` if there is none, an error if it is not as it was written.
pub(crate) fn load(folder: &Path) -> Result<Option<Head>, Error> {
    let path = folder.join(NAME);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::io("read", &path, source)),
    };
    // One form only, so that no byte can be another.
    decode(&text).filter(|head| encode(head) == text).map(Some).ok_or(Error::Head { path })
}

/// Writes it beside, makes it durable, and puts it in place.
pub(crate) fn store(folder: &Path, head: &Head) -> Result<(), Error> {
    let (beside, path) = (folder.join("head.new"), folder.join(NAME));
    let write = || {
        let mut file = files::private(&beside)?;
        file.write_all(&encode(head))?;
        file.sync_data()?;
        fs::rename(&beside, &path)
    };
    write().map_err(|source| Error::io("write", &path, source))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|source| Error::io("sync", folder, source))
}

fn encode(head: &Head) -> Vec<u8> {
    let Head { link, file, bytes } = head;
    let wire = Wire { seq: link.seq, hash: link.hash.to_string(), file: *file, bytes: *bytes };
    let mut text = serde_json::to_vec(&wire).expect("texts and numbers are JSON");
    text.push(b'\n');
    text
}

fn decode(text: &[u8]) -> Option<Head> {
    let wire: Wire = serde_json::from_slice(text).ok()?;
    let link = Link { seq: wire.seq, hash: Hash::from_hex(wire.hash.as_bytes())? };
    Some(Head { link, file: wire.file, bytes: wire.bytes })
}
