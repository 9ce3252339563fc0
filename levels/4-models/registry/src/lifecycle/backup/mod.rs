//! Copies of a whole store, to be brought back.
//!
//! A backup is a folder: the database as a SQLite file, as one moment saw it, wherever the store keeps its own; the key of
//! webhooks' secrets; and the artifacts, or where they are. It is made beside a server that runs, and is there whole or not
//! at all. Artifacts are copied after the rows that know of them, so that none is missing.

mod restore;
pub use restore::{Present, Restored};

mod tables;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use strata_artifacts::{ArtifactPath, Artifacts};
use strata_audit::Action;
use strata_config::Secret;
use strata_database::Database;

use super::{Error, Progress, Store, copies};
use crate::migrations::MIGRATIONS;
use crate::webhooks::KEY_FILE;

/// The parts of a backup.
const MANIFEST: &str = "backup.json";
const DATABASE: &str = "registry.db";
const ARTIFACTS: &str = "artifacts";

/// What a backup is, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// When its database was copied, in microseconds since 1970.
    pub made_at: i64,
    /// The Strata that made it.
    pub strata: String,
    /// The version of its tables.
    pub tables: i64,
    /// Of the file of its database.
    pub sha256: String,
    /// Where the store kept its artifacts.
    pub artifacts: String,
    /// Whether they are in the backup.
    pub artifacts_copied: bool,
    /// How many of them.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Store {
    /// Makes a backup in a folder that is not there, with the artifacts or without.
    pub async fn backup(&self, to: &Path, with_artifacts: bool, progress: Progress<'_>) -> Result<Backup, Error> {
        let mut draft = to.as_os_str().to_owned();
        draft.push(".partial");
        let draft = PathBuf::from(draft);
        if to.exists() {
            return Err(Error::There(to.to_owned()));
        }
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(Error::io(format!("{} is in the way", draft.display())))?;
        }
        fs::create_dir_all(&draft).map_err(Error::io(format!("{} could not be made", draft.display())))?;

        let (made_at, file) = (self.clock.now_micros(), draft.join(DATABASE));
        if self.database.file().is_some() {
            self.database.copy_to(&file).await?;
        } else {
            let copy = Database::open(&url(&file), MIGRATIONS, &*self.clock).await?;
            tables::copy(&self.database, &copy, &copy, progress).await?;
            copy.close().await;
        }
        let key = self.config.data_dir.join(KEY_FILE);
        if key.exists() {
            fs::copy(&key, draft.join(KEY_FILE))
                .map_err(Error::io(format!("{} could not be copied", key.display())))?;
        }
        let mut copied = copies::Copied::default();
        if with_artifacts {
            let place = draft.join(ARTIFACTS).display().to_string();
            let (ours, theirs) = (self.artifacts()?, Artifacts::open(&place, &self.config.s3)?);
            copied = copies::copy(&ours, &theirs, BTreeSet::from([ArtifactPath::default()]), progress).await?;
        }
        let backup = Backup {
            made_at,
            strata: env!("CARGO_PKG_VERSION").to_owned(),
            tables: MIGRATIONS.last().map_or(0, |migration| migration.version),
            sha256: hash(&file)?,
            artifacts: self.config.artifacts(),
            artifacts_copied: with_artifacts,
            files: copied.files,
            bytes: copied.bytes,
        };
        write(&draft.join(MANIFEST), &backup)?;
        fs::rename(&draft, to).map_err(Error::io(format!("{} could not be named", to.display())))?;
        self.record("registry backup", Action::Read, [], &[("files", backup.files)]).await?;
        Ok(backup)
    }
}

fn url(file: &Path) -> Secret {
    Secret::new(format!("sqlite://{}", file.display()))
}

/// Of a file, in hexadecimal.
fn hash(file: &Path) -> Result<String, Error> {
    let mut hash = Sha256::new();
    let read = File::open(file).and_then(|mut file| io::copy(&mut file, &mut hash));
    read.map_err(Error::io(format!("{} could not be read", file.display())))?;
    Ok(hex::encode(hash.finalize()))
}

fn write(path: &Path, backup: &Backup) -> Result<(), Error> {
    let write = || {
        let mut file = File::create(path)?;
        serde_json::to_writer_pretty(&mut file, backup)?;
        file.sync_all()
    };
    write().map_err(Error::io(format!("{} could not be written", path.display())))
}
