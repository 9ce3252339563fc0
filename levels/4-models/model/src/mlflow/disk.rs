//! Files written whole or not at all, with errors that name the path.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::Error;

/// Turns the system's error into one that says what was tried on which path.
pub(super) fn error(verb: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { verb, path, source }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(error("read", path))
}

/// Writes a file and its missing folders, and waits until it is on the disk.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        make_dir(parent)?;
    }
    let mut file = File::create(path).map_err(error("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(error("write", path))
}

pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    fs::create_dir_all(path).map_err(error("create", path))
}

pub(super) fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(error("rename", from))?;
    to.parent()
        .map_or(Ok(()), |parent| File::open(parent).and_then(|dir| dir.sync_all()).map_err(error("sync", parent)))
}

/// Clears what an earlier attempt left.
pub(super) fn remove_dir(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(error("remove", path)(cause)),
        _ => Ok(()),
    }
}
