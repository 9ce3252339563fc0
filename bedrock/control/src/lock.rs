//! The lock that keeps two writers apart (fault 10: two managers at once corrupt each other).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Held while somebody writes; released when it is dropped or its process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// What it does, such as `strata up`.
    pub what: String,
}

impl Lock {
    pub(crate) fn take(data: &Path, path: &Path, what: &str, hint: &'static str) -> Result<Self, Error> {
        let cannot = |cause| Error::Folder { path: path.to_owned(), cause };
        let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
        let mut file = open.map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = read(&mut file).unwrap_or(Holder { pid: 0, what: "another strata".to_owned() });
                return Err(Error::Held { folder: data.to_owned(), holder, hint });
            }
            Err(TryLockError::Error(cause)) => return Err(cannot(cause)),
        }
        let holder = Holder { pid: std::process::id(), what: what.to_owned() };
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            serde_json::to_writer(file, &holder).map_err(std::io::Error::from)
        };
        write(&mut file).and_then(|()| file.flush()).map_err(cannot)?;
        Ok(Self { _file: file })
    }

    /// Whoever holds it now. What the file says counts only while it is locked.
    pub(crate) fn holder(path: &Path) -> Option<Holder> {
        let mut file = File::open(path).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => read(&mut file),
            _ => None,
        }
    }
}

fn read(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use crate::{Error, RunFolder};

    /// Fault 10: no lock, and exit codes that tell nothing.
    #[test]
    fn the_second_is_told_of_the_first() {
        let data = tempfile::tempdir().unwrap();
        let run = RunFolder::open(data.path()).unwrap();
        assert_eq!(run.holder("lock"), None);
        let first = run.lock("lock", "strata up", "wait").unwrap();
        let second = run.lock("lock", "strata refine", "wait for it").unwrap_err();
        let Error::Held { ref holder, .. } = second else { panic!("{second}") };
        assert_eq!((holder.pid, holder.what.as_str()), (std::process::id(), "strata up"));
        assert!(second.to_string().contains("`strata up`") && second.to_string().ends_with("wait for it"), "{second}");
        assert_eq!(run.holder("lock").unwrap().what, "strata up");
        run.lock("other", "strata import", "wait").unwrap();
        drop(first);
        assert_eq!(run.holder("lock"), None);
        run.lock("lock", "strata refine", "wait").unwrap();
    }
}
