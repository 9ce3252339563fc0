//! Where a table's files lie, for those who read and store them while the table itself is at work elsewhere.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use deltalake::kernel::Add;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use serde::{Deserialize, Serialize};

use crate::parquet_file::{Encoded, StoredFile};
use crate::sought;
use crate::table::file_error;
use crate::{DataFile, Error, Footer, Sought, TableSpec, Window};

/// The files of one table.
#[derive(Clone, Debug)]
pub struct Shelf {
    store: Arc<dyn ObjectStore>,
    spec: &'static TableSpec,
}

/// A file that is stored but does not count yet. Whoever stored it may be another process than commits it.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewFile {
    pub(crate) add: Add,
    pub(crate) file: DataFile,
}

impl Shelf {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, spec: &'static TableSpec) -> Self {
        Self { store, spec }
    }

    /// A whole file's bytes, for [`decode`](crate::decode).
    pub async fn fetch(&self, file: &DataFile) -> Result<Bytes, Error> {
        let fetch = async { self.store.get(&ObjectPath::from(file.path.as_str())).await?.bytes().await };
        fetch.await.map_err(|cause| file_error(&file.path, cause))
    }

    /// A file's footer, through which parts of it are read.
    pub async fn footer(&self, file: &DataFile) -> Result<Footer, Error> {
        Footer::read(Arc::clone(&self.store), ObjectPath::from(file.path.as_str()), file.bytes).await
    }

    /// A file that is read bit by bit, for [`merge`](crate::merge).
    pub fn window(&self, file: &DataFile) -> Window {
        Window::new(Arc::clone(&self.store), ObjectPath::from(file.path.as_str()), file.bytes)
    }

    /// The rows of a file that are looked for; only the parts that may hold one are read.
    pub fn find<'a>(
        &'a self,
        file: &'a DataFile,
        sought: &'a Arc<Sought>,
        columns: &'a [&'a str],
    ) -> BoxFuture<'a, Result<Vec<RecordBatch>, Error>> {
        self.search(file, sought, columns).boxed()
    }

    async fn search(&self, file: &DataFile, sought: &Arc<Sought>, columns: &[&str]) -> Result<Vec<RecordBatch>, Error> {
        let path = ObjectPath::from(file.path.as_str());
        let stored = StoredFile { store: Arc::clone(&self.store), path, bytes: file.bytes };
        let found = sought::find(stored, self.spec, sought, columns).await;
        found.map_err(|cause| file_error(&file.path, cause))
    }

    /// Stores a file; it counts once it is committed.
    pub async fn put(&self, date: Option<&str>, buckets: u16, encoded: Encoded) -> Result<NewFile, Error> {
        let name = format!("part-{buckets:04x}-{}.parquet", uuid::Uuid::now_v7());
        let path = date.map_or_else(|| name.clone(), |date| format!("date={date}/{name}"));
        let partition_values = date.map(|date| ("date".to_owned(), Some(date.to_owned()))).into_iter().collect();
        let bytes = encoded.bytes.len() as u64;
        let put = self.store.put(&ObjectPath::from(path.as_str()), encoded.bytes.into()).await;
        put.map_err(|cause| file_error(&path, cause))?;
        let add = Add {
            path: path.clone(),
            partition_values,
            size: bytes as i64,
            modification_time: encoded.created_ms,
            data_change: true,
            stats: Some(encoded.stats.to_json()),
            ..Add::default()
        };
        let (times, rows) = (encoded.stats.times(), encoded.stats.rows());
        Ok(NewFile { add, file: DataFile { path, date: date.map(str::to_owned), buckets, times, rows, bytes } })
    }
}
