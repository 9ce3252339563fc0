//! Bringing a backup back.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strata_artifacts::{ArtifactPath, Artifacts};
use strata_audit::{Action, Agent};
use strata_database::{Database, query_scalar};
use strata_runtime::Clock;

use super::{ARTIFACTS, Backup, DATABASE, MANIFEST, hash, tables, url};
use crate::Config;
use crate::lifecycle::{Error, Progress, Store, copies};
use crate::migrations::MIGRATIONS;
use crate::webhooks::KEY_FILE;

/// What was brought back.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Restored {
    /// The backup.
    pub backup: Backup,
    /// Where the database that was there before lies now, if there was one in a file.
    pub aside: Option<PathBuf>,
    /// Artifacts that were brought back; those that were there already are not counted.
    pub files: u64,
}

/// What is done with a store that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Present {
    /// It is kept, and nothing is brought back.
    Refuse,
    /// It makes room: a file is put aside, and the rows of a server are deleted.
    Replace,
}

impl Store {
    /// Brings a backup back into the store of this configuration, whose server must not run, and its tables to the last
    /// version.
    pub async fn restore(
        config: Config,
        clock: Arc<dyn Clock>,
        who: Agent,
        from: &Path,
        present: Present,
        progress: Progress<'_>,
    ) -> Result<Restored, Error> {
        let backup = read(from)?;
        let file = config.url().expose().strip_prefix("sqlite:").map(|path| {
            let path = path.strip_prefix("//").unwrap_or(path);
            PathBuf::from(path)
        });
        let folder = &config.data_dir;
        fs::create_dir_all(folder).map_err(Error::io(format!("{} could not be made", folder.display())))?;
        let aside = if let Some(file) = &file {
            into_file(&from.join(DATABASE), file, present, clock.now_micros()).await?
        } else {
            into_server(&from.join(DATABASE), &config, &clock, present, progress).await?;
            None
        };
        let key = from.join(KEY_FILE);
        if key.exists() {
            place(&key, &folder.join(KEY_FILE))?;
        }
        let store = Self::open(config, clock, who).await?;
        let mut files = 0;
        if backup.artifacts_copied {
            let place = from.join(ARTIFACTS).display().to_string();
            let (theirs, ours) = (Artifacts::look(&place, &store.config.s3)?, store.artifacts()?);
            files = copies::copy(&theirs, &ours, BTreeSet::from([ArtifactPath::default()]), progress).await?.files;
        }
        store.record("registry restore", Action::Update, [], &[("files", files)]).await?;
        store.close().await;
        Ok(Restored { backup, aside, files })
    }
}

fn read(from: &Path) -> Result<Backup, Error> {
    let manifest = from.join(MANIFEST);
    let text = fs::read(&manifest).map_err(Error::io(format!("{} is no backup of a registry", from.display())))?;
    let backup: Backup = serde_json::from_slice(&text)
        .map_err(|error| Error::Form(format!("{} cannot be read: {error}", manifest.display())))?;
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if backup.tables > known {
        let Backup { tables, strata, .. } = &backup;
        return Err(Error::Form(format!(
            "the backup has tables of version {tables}, made by Strata {strata}, and this Strata knows {known}: take a newer one"
        )));
    }
    if hash(&from.join(DATABASE))? != backup.sha256 {
        let database = from.join(DATABASE);
        return Err(Error::Form(format!("{} is not what was backed up: its bytes have changed", database.display())));
    }
    Ok(backup)
}

/// Puts the file in its place, and the one that is there aside.
async fn into_file(from: &Path, file: &Path, present: Present, now: i64) -> Result<Option<PathBuf>, Error> {
    if !file.exists() {
        place(from, file)?;
        return Ok(None);
    }
    if present == Present::Refuse {
        return Err(Error::There(file.to_owned()));
    }
    if !Database::fold(&url(file)).await? {
        let location = file.display();
        return Err(Error::Refused(format!(
            "{location} is in use: end the registry that serves it, and restore again"
        )));
    }
    let mut aside = file.as_os_str().to_owned();
    aside.push(format!(".before-restore-{}.backup", now / 1_000_000));
    let aside = PathBuf::from(aside);
    fs::rename(file, &aside).map_err(Error::io(format!("{} could not be put aside", file.display())))?;
    place(from, file)?;
    Ok(Some(aside))
}

/// Puts the rows into a server, all of them or none.
async fn into_server(
    from: &Path,
    config: &Config,
    clock: &Arc<dyn Clock>,
    present: Present,
    progress: Progress<'_>,
) -> Result<(), Error> {
    let database = Database::open(&config.url(), MIGRATIONS, &**clock).await?;
    let sql = "SELECT (SELECT count(*) FROM experiments WHERE id <> 0) + (SELECT count(*) FROM runs) + \
               (SELECT count(*) FROM registered_models) + (SELECT count(*) FROM traces)";
    let held: i64 = query_scalar(sql).fetch_one(&mut *database.read().await?).await?;
    if held > 0 && present == Present::Refuse {
        let location = database.location();
        return Err(Error::Refused(format!("{location} holds a store already: --replace deletes it first")));
    }
    // Of an older version it is brought up as a copy: the backup stays as it was made.
    let mut copy = config.data_dir.join(DATABASE).into_os_string();
    copy.push(".restoring");
    let copy = PathBuf::from(copy);
    place(from, &copy)?;
    let backup = Database::open(&url(&copy), MIGRATIONS, &**clock).await?;
    tables::copy(&backup, &database, &backup, progress).await?;
    backup.close().await;
    database.close().await;
    let name = |ending: &str| {
        let mut name = copy.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    for ending in ["", "-wal", "-shm", ".lock"] {
        let rest = name(ending);
        if rest.exists() {
            fs::remove_file(&rest).map_err(Error::io(format!("{} could not be removed", rest.display())))?;
        }
    }
    Ok(())
}

/// Copies a file: it is there whole, and on the disk, or what was there is.
fn place(from: &Path, to: &Path) -> Result<(), Error> {
    let mut draft = to.as_os_str().to_owned();
    draft.push(".partial");
    let draft = PathBuf::from(draft);
    let copy = || {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(from, &draft)?;
        File::open(&draft)?.sync_all()?;
        fs::rename(&draft, to)
    };
    copy().map_err(Error::io(format!("{} could not be copied to {}", from.display(), to.display())))
}
