//! Names of files, and the lock that keeps writers one after another.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;

/// Where the audit log of a data folder lies.
pub fn folder(data: &Path) -> PathBuf {
    data.join("audit").join("events")
}

/// The file whose first record has this number.
pub(crate) fn path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:020}.ndjson"))
}

/// The files of a folder, by their first record, in order, with their sizes.
pub(crate) fn list(folder: &Path) -> Result<Vec<(u64, u64)>, Error> {
    let listed = |source| Error::io("list", folder, source);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(listed)? {
        let entry = entry.map_err(listed)?;
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_suffix(".ndjson"));
        // Anything else is not a file of records, such as the head.
        let Some(first) = digits.and_then(|digits| digits.parse().ok()) else { continue };
        found.push((first, entry.metadata().map_err(listed)?.len()));
    }
    found.sort_unstable();
    Ok(found)
}

/// Opens for writing from the beginning; only the owner can read it.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    options().truncate(true).open(path)
}

/// Opens for writing wherever it is told to; made if it is not there.
pub(crate) fn writable(path: &Path) -> io::Result<File> {
    options().truncate(false).read(true).open(path)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Held by whoever writes, and for a moment by whoever reads.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Waits until nobody else holds the lock.
pub(crate) fn lock(folder: &Path) -> Result<Lock, Error> {
    let path = folder.join("lock");
    let take = || {
        let file = writable(&path)?;
        file.lock()?;
        Ok(file)
    };
    take().map(|file| Lock { _file: file }).map_err(|source| Error::io("lock", &path, source))
}

/// Waits until nobody writes; `None` where a reader may not lock, such as on a read-only disk.
pub(crate) fn lock_for_reading(folder: &Path) -> Option<Lock> {
    let file = File::open(folder.join("lock")).ok()?;
    file.lock_shared().ok()?;
    Some(Lock { _file: file })
}
