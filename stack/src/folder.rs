//! The data folder, and the lock that keeps two writers apart.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Where everything lies: `raw/ tables/ runs/ audit/ run/` below one root.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// Held while a command writes; released when it ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Folder {
    pub(crate) fn open(root: &Path) -> Result<Self> {
        let cannot = || format!("cannot use the data folder `{}`: choose another with --data-dir", root.display());
        std::fs::create_dir_all(root).with_context(cannot)?;
        Ok(Self { root: root.canonicalize().with_context(cannot)? })
    }

    /// The root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn tables(&self) -> PathBuf {
        self.root.join("tables")
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(crate) fn predictions(&self) -> PathBuf {
        self.root.join("audit").join("predictions")
    }

    /// The file of the key of the S3 endpoint; its folder is made when it is missing.
    pub(crate) fn s3_credentials(&self) -> Result<PathBuf> {
        let folder = self.root.join("config");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        Ok(folder.join("s3-credentials"))
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Takes the lock of this folder, or says who holds it.
    pub fn lock(&self) -> Result<Lock> {
        let folder = self.root.join("run");
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        let path = folder.join("lock");
        let open = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = open.with_context(|| format!("cannot open `{}`", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = holder.trim();
                let root = self.root.display();
                bail!(
                    "another strata (process {holder}) is writing to `{root}`: wait for it, or use another --data-dir"
                );
            }
            Err(TryLockError::Error(cause)) => return Err(cause).context("cannot lock the data folder"),
        }
        file.set_len(0)?;
        write!(file, "{}", std::process::id())?;
        Ok(Lock { _file: file })
    }
}
