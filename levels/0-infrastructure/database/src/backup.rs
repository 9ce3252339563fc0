//! A SQLite file before it is migrated: whose turn it is, and a copy.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use sqlx::{AnyPool, AssertSqlSafe, Executor};
use tokio::task::spawn_blocking;

use crate::Error;

/// Waits until no other process opens the file, and makes the folder that it lies in. Dropped, it is the next one's turn.
pub(crate) async fn turn(file: &Path) -> io::Result<File> {
    let (folder, lock) = (file.parent().map(Path::to_owned), beside(file, ".lock"));
    let locked = spawn_blocking(move || {
        if let Some(folder) = folder {
            fs::create_dir_all(folder)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(lock)?;
        lock.lock()?;
        Ok(lock)
    });
    locked.await.map_err(io::Error::other)?
}

/// Copies the file as one moment sees it, whole or not at all, and in the place of an older copy of its name: that one
/// was made before an attempt that changed nothing.
pub(crate) async fn copy(pool: &AnyPool, file: &Path, version: i64) -> Result<(), Error> {
    let path = beside(file, &format!(".before-{version}.backup"));
    let draft = beside(file, ".backup-draft");
    let make = async {
        if draft.exists() {
            fs::remove_file(&draft)?;
        }
        copy_into(pool, &draft).await?;
        fs::rename(&draft, &path)?;
        Ok::<_, Cause>(())
    };
    make.await.map_err(|cause| Error::Backup { path: path.clone(), cause })
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Into a file that is not there; it is on the disk then.
pub(crate) async fn copy_into(pool: &AnyPool, file: &Path) -> Result<(), Cause> {
    let text = file.to_str().ok_or("its name is not UTF-8")?.replace('\'', "''");
    pool.execute(sqlx::raw_sql(AssertSqlSafe(format!("VACUUM INTO '{text}'")))).await?;
    Ok(File::open(file)?.sync_all()?)
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}
