//! Names of files, and the lock that keeps writers one after another.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Where the logs of a data folder lie.
pub fn folder(data: &Path) -> PathBuf {
    data.join("logs")
}

/// The file that a service writes to now.
pub(crate) fn active(folder: &Path, service: &str) -> PathBuf {
    folder.join(format!("{service}.ndjson"))
}

/// A file that was full.
pub(crate) fn rotated(folder: &Path, service: &str, number: u64) -> PathBuf {
    folder.join(format!("{service}.{number}.ndjson"))
}

/// Whether a service of this name can have files.
pub(crate) fn is_name(service: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !service.is_empty() && service.len() <= 64 && service.bytes().all(allowed)
}

/// Every log file of a folder: its service, and its number if it is rotated. No folder is an empty one.
pub(crate) fn list(folder: &Path) -> io::Result<Vec<(String, Option<u64>)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        found.extend(entry?.file_name().to_str().and_then(parse));
    }
    Ok(found)
}

/// The numbers of a service's rotated files, the oldest first.
pub(crate) fn numbers(folder: &Path, service: &str) -> io::Result<Vec<u64>> {
    let files = list(folder)?.into_iter();
    let mut numbers: Vec<_> = files.filter(|(of, _)| of == service).filter_map(|(_, number)| number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn parse(name: &str) -> Option<(String, Option<u64>)> {
    let stem = name.strip_suffix(".ndjson")?;
    let (service, number) = match stem.split_once('.') {
        // Only the way in which we write it: `007` is another file than `7`.
        Some((service, digits)) => {
            (service, Some(digits.parse().ok().filter(|number: &u64| number.to_string() == digits)?))
        }
        None => (stem, None),
    };
    is_name(service).then(|| (service.to_owned(), number))
}

/// Opens a log for appending, made if it is not there; only the owner can read it.
pub(crate) fn appendable(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The right to write in a folder, which one process has at a time: two that rotate the same files lose lines.
#[derive(Debug)]
pub(crate) struct Claim {
    folder: PathBuf,
    lock: Option<File>,
}

impl Claim {
    /// On this folder; not made yet.
    pub(crate) fn on(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), lock: None }
    }

    /// The folder, which is there and is ours.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder and takes the right, if need be: somebody may have cleared it away meanwhile.
    pub(crate) fn hold(&mut self) -> io::Result<()> {
        let path = self.folder.join("lock");
        if self.lock.is_some() && path.exists() {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        let file = appendable(&path)?;
        match file.try_lock() {
            Ok(()) => self.lock = Some(file),
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::other("another process writes logs in this folder"));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_told_from_others() {
        let parsed = |name| parse(name).map(|(service, number)| (service.leak() as &str, number));
        assert_eq!(parsed("landing.ndjson"), Some(("landing", None)));
        assert_eq!(parsed("key-value.12.ndjson"), Some(("key-value", Some(12))));
        for other in
            ["lock", ".ndjson", "a.b.ndjson", "a.1.2.ndjson", "a.007.ndjson", "a.1.ndjson~", "A.ndjson", "..ndjson"]
        {
            assert_eq!(parsed(other), None, "{other}");
        }
    }

    /// Fault 10: two that write in one folder would rotate each other's files.
    #[test]
    fn one_process_writes_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Claim::on(folder.path());
        let mut second = Claim::on(folder.path());
        first.hold().unwrap();
        first.hold().unwrap();
        assert!(second.hold().unwrap_err().to_string().contains("another process"));
        drop(first);
        second.hold().unwrap();
    }
}
