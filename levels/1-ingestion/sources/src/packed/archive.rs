//! A set as its authors packed it: a tar, compressed with zstd or gzip.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{File, Kind};
use crate::Error;
use crate::unpacked::{self, GZIP, Progress, ZSTD};

/// No stay is this long: the sets' largest files have 60 KB.
const LARGEST_FILE: u64 = 64 << 20;

/// An archive that was looked at, but not yet unpacked.
#[derive(Debug)]
pub(crate) struct Archive {
    path: PathBuf,
    kind: &'static Kind,
    /// Its size, compressed.
    pub(super) bytes: u64,
    /// The sha256 of its bytes, in hexadecimal.
    pub(super) sha256: String,
}

impl Archive {
    /// Looks at a file: is it an archive of the set, and which?
    pub(super) fn open(path: &Path, kind: &'static Kind) -> Result<Self, Error> {
        let fail = |error: io::Error| Error::input(path, format!("cannot be read: {error}"));
        let mut file = fs::File::open(path).map_err(fail)?;
        let mut start = Vec::new();
        file.by_ref().take(4).read_to_end(&mut start).map_err(fail)?;
        if let Some(wrong) = what_else(path, &start, kind) {
            return Err(Error::input(path, format!("{wrong}; {}", kind.advice())));
        }
        let mut sha256 = Sha256::new();
        sha256.update(&start);
        let rest = io::copy(&mut file, &mut sha256).map_err(fail)?;
        Ok(Self {
            path: path.into(),
            kind,
            bytes: rest + start.len() as u64,
            sha256: format!("{:x}", sha256.finalize()),
        })
    }

    /// Gives each patient's file in the order of the archive, with the compressed bytes read so far.
    /// A file that the archive cuts short is not given.
    pub(super) fn each_file(&self, give: &mut dyn FnMut(File, u64) -> Result<(), Error>) -> Result<(), Error> {
        let mut last = None;
        let read = Progress::default();
        let unpacked = unpacked::open(&self.path, &read).map_err(|error| self.damaged(&error, None))?;
        let mut tar = tar::Archive::new(unpacked);
        for entry in tar.entries().map_err(|error| self.damaged(&error, None))? {
            let file =
                entry.and_then(|entry| self.read_file(entry)).map_err(|error| self.damaged(&error, last.as_deref()))?;
            if let Some(file) = file {
                last = Some(file.name.clone());
                give(file, read.get())?;
            }
        }
        if last.is_some() {
            return Ok(());
        }
        let extension = self.kind.extension;
        Err(Error::input(&self.path, format!("the archive holds no .{extension} file of the set")))
    }

    /// The file of an entry, or `None` for folders and files of other kinds.
    fn read_file(&self, mut entry: tar::Entry<'_, impl Read>) -> io::Result<Option<File>> {
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if !entry.header().entry_type().is_file() || !self.kind.takes(Path::new(&name)) {
            return Ok(None);
        }
        let size = entry.size();
        if size > LARGEST_FILE {
            return Err(io::Error::other(format!("{name} has {size} bytes, far more than a stay")));
        }
        let mut content = Vec::with_capacity(size as usize);
        entry.read_to_end(&mut content)?;
        if content.len() as u64 == size {
            Ok(Some(File { name, content }))
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    fn damaged(&self, error: &io::Error, last: Option<&str>) -> Error {
        let place = last.map_or("at its start".into(), |name| format!("after {name}"));
        Error::input(&self.path, format!("the archive is cut short or damaged {place} ({error}); download it again"))
    }
}

/// What the file is, if it is no archive.
fn what_else(path: &Path, start: &[u8], kind: &Kind) -> Option<&'static str> {
    match start {
        [] => Some("the file is empty"),
        start if start == ZSTD || start.starts_with(&GZIP) => None,
        b"PAR1" => Some("this is a Parquet file, not the set's own form"),
        b"PK\x03\x04" => Some("this is a zip file"),
        _ if kind.takes(path) => Some("this is one file of the set"),
        _ => Some("this is no archive of zstd or gzip"),
    }
}
