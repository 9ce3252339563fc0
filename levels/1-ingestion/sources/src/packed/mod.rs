//! A set that its authors published as one small file a patient: packed in a tar, or unpacked in a folder.

use std::path::Path;

use crate::Error;

mod archive;
mod folder;

use archive::Archive;
use folder::Folder;

/// A file of the set as it came.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) content: Vec<u8>,
}

/// What the files of a set look like, and how to speak of them.
#[derive(Debug)]
pub(crate) struct Kind {
    /// How a patient's file ends, without the dot.
    pub(crate) extension: &'static str,
    /// How its archive is called.
    pub(crate) archive: &'static str,
    /// Whether a file of that ending (its stem is given) is a patient's.
    pub(crate) is_member: fn(&str) -> bool,
}

impl Kind {
    /// Whether a path names a file of the set; macOS' `._` companions are none.
    fn takes(&self, path: &Path) -> bool {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let right = path.extension().is_some_and(|extension| extension == self.extension);
        right && !stem.starts_with('.') && (self.is_member)(stem)
    }

    /// What to give instead of what was given.
    fn advice(&self) -> String {
        format!("give the {} or the folder of .{} files", self.archive, self.extension)
    }
}

/// A set that was looked at, but not yet read.
#[derive(Debug)]
pub(crate) enum Packed {
    Archive(Archive),
    Folder(Folder),
}

impl Packed {
    /// Opens the set: its archive, or a folder with its files.
    pub(crate) fn open(path: &Path, kind: &'static Kind) -> Result<Self, Error> {
        if path.is_dir() {
            Folder::open(path, kind).map(Self::Folder)
        } else if path.exists() {
            Archive::open(path, kind).map(Self::Archive)
        } else {
            Err(Error::input(path, format!("nothing is there; {}", kind.advice())))
        }
    }

    /// The sha256 of the input, in hexadecimal.
    pub(crate) fn sha256(&self) -> &str {
        match self {
            Self::Archive(archive) => &archive.sha256,
            Self::Folder(folder) => &folder.sha256,
        }
    }

    /// The size of the work: bytes of an archive, files of a folder.
    pub(crate) fn work(&self) -> u64 {
        match self {
            Self::Archive(archive) => archive.bytes,
            Self::Folder(folder) => folder.names.len() as u64,
        }
    }

    /// Gives each file in an order that depends on the input alone, with the work done so far.
    pub(crate) fn each_file(&self, give: &mut dyn FnMut(File, u64) -> Result<(), Error>) -> Result<(), Error> {
        match self {
            Self::Archive(archive) => archive.each_file(give),
            Self::Folder(folder) => folder.each_file(give),
        }
    }
}
