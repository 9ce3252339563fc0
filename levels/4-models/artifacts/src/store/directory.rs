//! Artifacts as files: received beside the others, and renamed into place when they are whole and on the disk.

use std::fs;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufWriter};
use tokio_util::io::ReaderStream;

use super::{Entry, Found, Incoming, Source};
use crate::path::{InvalidPath, is_reserved};
use crate::{ArtifactPath, Error};

/// Where files are received, and where trees go to be removed. It is the store's own: nobody sees it, and what a process
/// that was killed left there is cleared at a later start.
const INCOMING: &str = ".strata-incoming";
/// No upload that lives says nothing for so long.
const ABANDONED: Duration = Duration::from_hours(24);
/// A reader's and a writer's.
const BUFFER: usize = 256 << 10;
/// How often something is tried again under which others move: folders that vanish under a put, puts into a tree that goes.
const ATTEMPTS: usize = 8;

#[derive(Clone, Debug)]
pub(crate) struct Directory {
    /// Without symbolic links.
    root: Arc<Path>,
}

impl Directory {
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let root: Arc<Path> = fs::canonicalize(root)?.into();
        fs::create_dir_all(root.join(INCOMING))?;
        let directory = Self { root };
        directory.sweep()?;
        Ok(directory)
    }

    pub(crate) fn look(root: &Path) -> io::Result<Self> {
        let root: Arc<Path> = fs::canonicalize(root)?.into();
        if root.is_dir() { Ok(Self { root }) } else { Err(ErrorKind::NotADirectory.into()) }
    }

    /// Clears what was left by processes that were killed. What is young may be another process's that lives.
    fn sweep(&self) -> io::Result<()> {
        // Its clock and that of the files are one: the file system's.
        let now = self.draft();
        let now = fs::File::create_new(&now.0)?.metadata()?.modified()?;
        for entry in fs::read_dir(self.root.join(INCOMING))? {
            let entry = entry?;
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| now.duration_since(modified).ok());
            if age.is_some_and(|age| age > ABANDONED) {
                bury(&entry.path())?;
            }
        }
        Ok(())
    }

    pub(crate) async fn put(&self, path: &ArtifactPath, mut incoming: Incoming<'_>) -> Result<(), Error> {
        let draft = self.draft();
        let mut file = BufWriter::with_capacity(BUFFER, File::create_new(&draft.0).await?);
        while let Some(bytes) = incoming.try_next().await.map_err(|_| Error::CutOff(path.as_str().to_owned()))? {
            file.write_all(&bytes).await?;
        }
        file.flush().await?;
        file.into_inner().sync_all().await?;
        self.on_disk(path, move |this, path, target| this.publish(&draft.0, path, target)).await
    }

    fn publish(&self, draft: &Path, path: &ArtifactPath, target: &Path) -> Result<(), Error> {
        let folder = target.parent().unwrap_or(&self.root);
        for attempt in 1.. {
            let moved = make_folders(&self.root, folder).and_then(|()| fs::rename(draft, target));
            match moved {
                Ok(()) => break,
                Err(error) if error.kind() == ErrorKind::NotFound && attempt < ATTEMPTS => {}
                Err(error) => return Err(refused(path, error)),
            }
        }
        match fs::File::open(folder) {
            Ok(folder) => Ok(folder.sync_all()?),
            // Removed since, and the artifact with it.
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn find(&self, path: &ArtifactPath) -> Result<Found, Error> {
        let (file, metadata) = self
            .on_disk(path, |_, path, target| {
                let open = || {
                    let file = fs::File::open(target)?;
                    let metadata = file.metadata()?;
                    Ok((file, metadata))
                };
                match open() {
                    Ok((_, metadata)) if metadata.is_dir() => Err(Error::Folder(path.as_str().to_owned())),
                    Ok(opened) => Ok(opened),
                    Err(error) if is_absent(&error) => Err(Error::Absent(path.as_str().to_owned())),
                    Err(error) => Err(error.into()),
                }
            })
            .await?;
        let modified = metadata.modified()?;
        let nanoseconds = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let tag = format!("{:x}-{nanoseconds:x}-{:x}", metadata.ino(), metadata.len());
        Ok(Found { size: metadata.len(), modified, tag, source: Source::File(File::from_std(file)) })
    }

    pub(crate) async fn list(&self, path: &ArtifactPath) -> Result<Vec<Entry>, Error> {
        self.on_disk(path, |this, path, target| {
            let entries = match fs::read_dir(target) {
                Ok(entries) => entries,
                Err(error) if is_absent(&error) => return Ok(Vec::new()),
                Err(error) => return Err(error.into()),
            };
            let mut listed = Vec::new();
            for entry in entries {
                // Names that no client can say are nobody's artifacts.
                let Ok(name) = entry?.file_name().into_string() else { continue };
                if path.is_root() && is_reserved(&name) {
                    continue;
                }
                // Gone meanwhile, or a link that leads nowhere or out.
                let Ok(there) = this.inside(&target.join(&name)) else { continue };
                let Ok(metadata) = fs::metadata(there) else { continue };
                listed.push(Entry { name, size: metadata.is_file().then_some(metadata.len()) });
            }
            listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            Ok(listed)
        })
        .await
    }

    /// Takes a file or a tree away. It is gone at once, however long it takes to remove it.
    pub(crate) async fn remove(&self, path: &ArtifactPath) -> Result<(), Error> {
        let grave = self.draft();
        self.on_disk(path, move |_, path, target| {
            match fs::rename(target, &grave.0) {
                Err(error) if is_absent(&error) => return Ok(()),
                moved => moved.map_err(|error| refused(path, error))?,
            }
            bury(&grave.0)?;
            Ok(())
        })
        .await
    }

    /// Does something with the path of a file or folder, which lies in the root whatever links there are, where it may block.
    async fn on_disk<T: Send + 'static>(
        &self,
        path: &ArtifactPath,
        action: impl FnOnce(&Self, &ArtifactPath, &Path) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (this, path) = (self.clone(), path.clone());
        let done = tokio::task::spawn_blocking(move || {
            let target = this.inside(&this.root.join(path.as_str()))?;
            action(&this, &path, &target)
        });
        done.await.map_err(io::Error::from)?
    }

    /// The same path without symbolic links, except for what is not there yet; refused if it lies outside.
    fn inside(&self, path: &Path) -> Result<PathBuf, Error> {
        let mut there = path;
        let mut absent = Vec::new();
        let real = loop {
            match fs::canonicalize(there) {
                Ok(real) => break real,
                Err(error) if is_absent(&error) => {
                    // A link that leads nowhere may lead anywhere tomorrow.
                    if fs::symlink_metadata(there).is_ok_and(|metadata| metadata.is_symlink()) {
                        return Err(InvalidPath.into());
                    }
                    let (Some(parent), Some(name)) = (there.parent(), there.file_name()) else {
                        return Err(InvalidPath.into());
                    };
                    absent.push(name);
                    there = parent;
                }
                Err(error) if error.kind() == ErrorKind::InvalidFilename => return Err(InvalidPath.into()),
                Err(error) => return Err(error.into()),
            }
        };
        if !real.starts_with(&self.root) {
            return Err(InvalidPath.into());
        }
        Ok(absent.into_iter().rev().fold(real, |path, name| path.join(name)))
    }

    /// A place of one's own in the incoming folder.
    fn draft(&self) -> Draft {
        Draft(self.root.join(INCOMING).join(uuid::Uuid::new_v4().simple().to_string()))
    }
}

/// Removed when it is dropped, unless it has been moved away.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        // It is not there when all went well. If it cannot be removed, the next start does it.
        let _ = fs::remove_file(&self.0);
    }
}

/// Removes a file or a tree that nobody sees any more.
fn bury(grave: &Path) -> io::Result<()> {
    for attempt in 1.. {
        let removed = match fs::symlink_metadata(grave) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(grave),
            Ok(_) => fs::remove_file(grave),
            Err(error) => Err(error),
        };
        match removed {
            // Somebody else has done it.
            Err(error) if error.kind() == ErrorKind::NotFound => break,
            // What was being put there when it was taken away arrives still.
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty && attempt < ATTEMPTS => {}
            removed => return removed,
        }
    }
    Ok(())
}

/// Makes the folders that are missing, each on the disk before something lies in it.
fn make_folders(root: &Path, folder: &Path) -> io::Result<()> {
    if folder == root || folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(root);
    make_folders(root, parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
        made => made?,
    }
    fs::File::open(parent)?.sync_all()
}

pub(super) fn read(mut file: File, range: Range<u64>) -> BoxStream<'static, io::Result<Bytes>> {
    let read = async move {
        file.seek(io::SeekFrom::Start(range.start)).await?;
        Ok::<_, io::Error>(ReaderStream::with_capacity(file.take(range.end - range.start), BUFFER))
    };
    futures::stream::once(read).try_flatten().boxed()
}

/// Nothing is at the path, be it that a file is in a folder's place.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Why a file could not take its place: for a reason in the request, or in the disk.
fn refused(path: &ArtifactPath, error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::DirectoryNotEmpty
        | ErrorKind::AlreadyExists
        | ErrorKind::NotFound => Error::Clash(path.as_str().to_owned()),
        ErrorKind::InvalidFilename => InvalidPath.into(),
        _ => error.into(),
    }
}
