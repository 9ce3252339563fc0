//! The data folder: what lies where, and the locks that keep its writers apart.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use strata_control::{Lock, RunFolder};

/// Where everything lies: `raw/ tables/ runs/ registry/ served/ artifacts/ db/ kv/ log/ audit/ run/ logs/ config/` below one root.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
    run: RunFolder,
}

/// Who writes. Each has a lock of its own, for each writes what no other does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// A running stack.
    Stack,
    /// Imports into bronze.
    Bronze,
    /// The refinery.
    Silver,
    /// The table of features.
    Features,
    /// Models and their runs.
    Models,
    /// The numbers of exported patients.
    Subjects,
}

impl Writer {
    fn name(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Features => "features",
            Self::Models => "models",
            Self::Subjects => "subjects",
        }
    }

    fn hint(self) -> &'static str {
        match self {
            Self::Stack => "`strata status` shows it, `strata down` fells it; or use another --data-dir",
            Self::Silver => "a running stack refines by itself (`strata status` says how far it is); else wait for it",
            _ => "wait for it, or use another --data-dir",
        }
    }
}

impl Folder {
    /// A data folder, which is made when it is missing.
    pub fn open(root: &Path) -> Result<Self> {
        let cannot = || format!("cannot use the data folder `{}`: choose another with --data-dir", root.display());
        std::fs::create_dir_all(root).with_context(cannot)?;
        let root = root.canonicalize().with_context(cannot)?;
        let run = RunFolder::open(&root).with_context(cannot)?;
        Ok(Self { root, run })
    }

    /// The root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Locks, socket and memory.
    pub fn run(&self) -> &RunFolder {
        &self.run
    }

    /// Takes the lock of a writer for a command, or says who holds it.
    pub fn lock(&self, writer: Writer, what: &str) -> Result<Lock> {
        Ok(self.run.lock(writer.name(), what, writer.hint())?)
    }

    /// Where services write what happens.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// When something was imported into bronze last, by whatever process; for comparing with a later answer.
    pub(crate) fn imported(&self) -> Option<SystemTime> {
        std::fs::metadata(self.root.join("run/imported")).and_then(|about| about.modified()).ok()
    }

    /// Says that something was imported.
    pub(crate) fn note_import(&self) -> std::io::Result<()> {
        std::fs::write(self.root.join("run/imported"), "")
    }

    pub(crate) fn tables(&self) -> PathBuf {
        self.root.join("tables")
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    /// What Strata's own registry keeps.
    pub(crate) fn registry(&self) -> PathBuf {
        self.root.join("registry")
    }

    /// The model that was served last.
    pub(crate) fn served(&self) -> PathBuf {
        self.root.join("served")
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

    pub(crate) fn key_value(&self) -> PathBuf {
        self.root.join("kv")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("db").join("strata.sqlite")
    }
}
