//! Where the tables lie: a folder, or a prefix of a bucket.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use deltalake::logstore::{StorageConfig, default_logstore};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError, ensure_table_uri};
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use url::Url;

use crate::Error;

/// The place that holds a folder for each table.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    Folder(PathBuf),
    Bucket { url: Url, store: Arc<dyn ObjectStore> },
}

/// Whether a name in a log is that of a commit. Whoever dies while making a table, or finds the disk full, leaves a folder for
/// the log with nothing in it, or a draft (`00000000000000000000.json#1`): that is no table yet.
fn is_commit(name: &str) -> bool {
    let version = name.len() > 20 && name.bytes().take(20).all(|byte| byte.is_ascii_digit());
    version && matches!(&name[20..], ".json" | ".checkpoint.parquet")
}

impl Root {
    pub(crate) fn bucket(url: &str, store: Arc<dyn ObjectStore>) -> Result<Self, Error> {
        let refused = |cause| Error::Bucket { url: url.to_owned(), cause };
        // Without the slash a URL's last part is no folder, and `join` replaces it.
        let url = Url::parse(&format!("{}/", url.trim_end_matches('/'))).map_err(|cause| refused(cause.into()))?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(refused("there is no bucket in it: give s3://BUCKET/PREFIX".into()));
        }
        Ok(Self::Bucket { url, store })
    }

    pub(crate) fn location(&self) -> String {
        match self {
            Self::Folder(path) => format!("file://{}", path.display()),
            Self::Bucket { url, .. } => url.as_str().trim_end_matches('/').to_owned(),
        }
    }

    /// What holds a table's files, and they alone.
    pub(crate) fn files(&self, name: &str) -> Result<Arc<dyn ObjectStore>, Error> {
        match self {
            Self::Folder(path) => {
                let folder = path.join(name);
                self.make_room(name)?;
                let store = LocalFileSystem::new_with_prefix(&folder);
                let refused = |cause: object_store::Error| Error::Folder { path: folder, cause: cause.into() };
                Ok(Arc::new(store.map_err(refused)?))
            }
            Self::Bucket { url, store } => Ok(Arc::new(PrefixStore::new(Arc::clone(store), below(url, name)))),
        }
    }

    /// The table of a name, of which nothing has been read.
    pub(crate) fn delta(&self, name: &str) -> Result<DeltaTable, DeltaTableError> {
        match self {
            Self::Folder(path) => {
                DeltaTableBuilder::from_url(ensure_table_uri(path.join(name).to_string_lossy())?)?.build()
            }
            Self::Bucket { url, store } => {
                let location = url.join(&format!("{name}/"));
                let location = location.map_err(|_| DeltaTableError::InvalidTableLocation(name.to_owned()))?;
                let files = Arc::new(PrefixStore::new(Arc::clone(store), below(url, name)));
                let log = default_logstore(files, Arc::clone(store), &location, &StorageConfig::default());
                Ok(DeltaTable::new(log))
            }
        }
    }

    /// A bucket needs no folders.
    pub(crate) fn make_room(&self, name: &str) -> Result<(), Error> {
        let Self::Folder(path) = self else { return Ok(()) };
        let folder = path.join(name);
        std::fs::create_dir_all(&folder).map_err(|cause| Error::Folder { path: folder, cause })
    }

    /// Whether a table has been made: its log has a commit.
    pub(crate) async fn has_table(&self, name: &str) -> Result<bool, Error> {
        match self {
            Self::Folder(path) => Ok(is_made(&path.join(name))),
            Self::Bucket { url, store } => {
                let log = below(url, name).join("_delta_log");
                let mut entries = store.list(Some(&log));
                loop {
                    match entries.try_next().await.map_err(|cause| self.refused(cause))? {
                        None => return Ok(false),
                        Some(entry) if entry.location.filename().is_some_and(is_commit) => return Ok(true),
                        Some(_) => {}
                    }
                }
            }
        }
    }

    /// The names of the tables that exist, sorted.
    pub(crate) async fn names(&self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        match self {
            Self::Folder(path) => {
                let folder = |cause| Error::Folder { path: path.clone(), cause };
                for entry in std::fs::read_dir(path).map_err(folder)? {
                    let entry = entry.map_err(folder)?;
                    if is_made(&entry.path()) {
                        names.push(entry.file_name().to_string_lossy().into_owned());
                    }
                }
            }
            Self::Bucket { url, store } => {
                let here = ObjectPath::from(url.path());
                let found = store.list_with_delimiter(Some(&here)).await.map_err(|cause| self.refused(cause))?;
                for folder in found.common_prefixes {
                    let Some(name) = folder.filename() else { continue };
                    if self.has_table(name).await? {
                        names.push(name.to_owned());
                    }
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn refused(&self, cause: object_store::Error) -> Error {
        Error::Bucket { url: self.location(), cause: cause.into() }
    }
}

fn below(url: &Url, name: &str) -> ObjectPath {
    ObjectPath::from(url.path()).join(name)
}

fn is_made(path: &Path) -> bool {
    let Ok(log) = std::fs::read_dir(path.join("_delta_log")) else { return false };
    log.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_commit))
}
