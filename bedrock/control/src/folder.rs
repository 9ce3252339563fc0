//! The folder `run` of a data folder.

use std::fs::{DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, Holder, Lock, Memory};

/// The socket's name.
const SOCKET: &str = "strata.sock";
/// Longer paths do not fit a socket's address (unix(7): 108 bytes with the end).
const LONGEST: usize = 100;

/// `<data folder>/run`, for its owner alone.
#[derive(Clone, Debug)]
pub struct RunFolder {
    data: PathBuf,
    run: PathBuf,
}

impl RunFolder {
    /// The run folder of a data folder, which is made when it is missing.
    pub fn open(data: &Path) -> Result<Self, Error> {
        let run = data.join("run");
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&run).map_err(|cause| Error::Folder { path: run.clone(), cause })?;
        Ok(Self { data: data.to_owned(), run })
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Takes the lock of this name for `what` (a command's name), or says who holds it and hints at what to do.
    pub fn lock(&self, name: &str, what: &str, hint: &'static str) -> Result<Lock, Error> {
        Lock::take(&self.data, &self.run.join(format!("{name}.lock")), what, hint)
    }

    /// Who holds the lock of this name now.
    pub fn holder(&self, name: &str) -> Option<Holder> {
        Lock::holder(&self.run.join(format!("{name}.lock")))
    }

    /// Keeps what is to be known of the stack when it is gone.
    pub fn remember(&self, memory: &Memory) -> Result<(), Error> {
        memory.write(&self.run.join("state.json"))
    }

    /// What was kept last; `None` if nothing was, or nothing that can be read.
    pub fn recall(&self) -> Option<Memory> {
        Memory::read(&self.run.join("state.json"))
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.run.join(SOCKET)
    }

    /// An address for the socket that is short enough, whatever the folder's depth; to be used while the file is open.
    pub(crate) fn address(&self) -> io::Result<(Option<File>, PathBuf)> {
        let socket = self.socket();
        if !cfg!(target_os = "linux") || socket.as_os_str().len() <= LONGEST {
            return Ok((None, socket));
        }
        let folder = File::open(&self.run)?;
        #[cfg(unix)]
        let short = PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", std::os::fd::AsRawFd::as_raw_fd(&folder)));
        #[cfg(not(unix))]
        let short = socket;
        Ok((Some(folder), short))
    }
}
