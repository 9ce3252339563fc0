//! Why nothing could be recorded or read.

use std::io;
use std::path::{Path, PathBuf};

use crate::chain::Flaw;

/// What went wrong.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The disk refused.
    #[error("cannot {doing} the audit log {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::sync::Arc<io::Error>,
    },
    /// There is nothing to read.
    #[error("there is no audit log at {path}: it begins with the first command that changes something", path = .0.display())]
    None(PathBuf),
    /// The head is gone or was changed, while there are records.
    #[error("the head of the audit log, {path}, is missing or was edited: `strata audit verify` says what stands; restore it from a backup, or move the folder aside to begin another log", path = path.display())]
    Head {
        /// Where it should be.
        path: PathBuf,
    },
    /// The log is not what was written. Nothing is appended to it, so that what happened to it stays to be seen.
    #[error("the audit log is damaged: {flaw} ({path}); restore it from a backup, or move the folder aside to begin another log", path = path.display())]
    Damaged {
        /// In which file.
        path: PathBuf,
        /// What is wrong.
        flaw: Flaw,
    },
    /// A line that is no record.
    #[error("{path}:{line} is no audit record: `strata audit verify` says what happened", path = path.display())]
    NoRecord {
        /// In which file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
    },
    /// The thread that wrote for several callers panicked.
    #[error("the audit record was not written: its writer failed; try again")]
    WriterFailed,
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.to_owned(), source: std::sync::Arc::new(source) }
    }
}
