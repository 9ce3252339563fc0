//! Why no logs can be written or read.

use std::io;
use std::path::{Path, PathBuf};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A service that can have no file.
    #[error("`{0}` cannot name a log file: a service is named by lower-case letters, digits and `-`")]
    Name(String),
    /// The system gives no thread to write on.
    #[error("no thread for writing logs: {0}; end other processes, or raise the limit on threads")]
    Thread(#[source] io::Error),
    /// The disk refused to be read.
    #[error("cannot read the logs in {path}: {source}; check who may read there", path = path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }
}
