//! One Delta table: which files count, and the commits that change that.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add, Remove, Transaction};
use deltalake::operations::create::CreateBuilder;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError, ensure_table_uri};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::parquet_file::{Encoded, StoredFile, patient_batches};
use crate::{Error, TableSpec, decode};

/// A table as of one version.
#[derive(Debug)]
pub struct Table {
    delta: DeltaTable,
    spec: &'static TableSpec,
    files: Vec<DataFile>,
}

/// A file that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    /// Its path below the table.
    pub path: String,
    /// The date that its rows have, where the table is partitioned.
    pub date: Option<String>,
    /// The patient buckets that it holds whole, a bit each.
    pub buckets: u16,
    /// Its rows.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
}

/// How far an input has been read: the next offset of one log's partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Whose progress: `refine/<topic>/<log>/<partition>`.
    pub app: String,
    /// The last offset + 1.
    pub next: u64,
}

/// A file that is stored but does not count yet.
#[derive(Debug)]
pub struct NewFile(Add);

impl Table {
    pub(crate) async fn open(path: &Path, spec: &'static TableSpec) -> Result<Option<Self>, Error> {
        if !path.join("_delta_log").is_dir() {
            return Ok(None);
        }
        let load = async { DeltaTableBuilder::from_url(ensure_table_uri(path.to_string_lossy())?)?.load().await };
        let delta = load.await.map_err(|cause| delta_error(spec, cause))?;
        Ok(Some(Self::loaded(delta, spec)?))
    }

    pub(crate) async fn open_or_create(path: &Path, spec: &'static TableSpec) -> Result<Self, Error> {
        if let Some(table) = Self::open(path, spec).await? {
            return Ok(table);
        }
        std::fs::create_dir_all(path).map_err(|cause| Error::Folder { path: path.into(), cause })?;
        let create = CreateBuilder::new()
            .with_location(path.to_string_lossy())
            .with_table_name(spec.name)
            .with_columns(spec.delta_columns())
            .with_partition_columns(if spec.by_date { vec!["date"] } else { vec![] });
        let delta = create.await.map_err(|cause| delta_error(spec, cause))?;
        Self::loaded(delta, spec)
    }

    fn loaded(delta: DeltaTable, spec: &'static TableSpec) -> Result<Self, Error> {
        let mut files = Vec::new();
        {
            let state = delta.snapshot().map_err(|cause| delta_error(spec, cause))?;
            for view in state.log_data().iter() {
                let path = view.path().into_owned();
                let date = view.partition_values_map().remove("date").flatten();
                let buckets = buckets_of(&path).unwrap_or(u16::MAX);
                let rows = view.num_records().unwrap_or(0) as u64;
                files.push(DataFile { path, date, buckets, rows, bytes: view.size() as u64 });
            }
        }
        files.sort_by(|a, b| (&a.date, &a.path).cmp(&(&b.date, &b.path)));
        Ok(Self { delta, spec, files })
    }

    /// What the table is.
    pub fn spec(&self) -> &'static TableSpec {
        self.spec
    }

    /// The version that was read.
    pub fn version(&self) -> u64 {
        self.delta.version().unwrap_or(0)
    }

    /// The files that count, by date.
    pub fn files(&self) -> &[DataFile] {
        &self.files
    }

    /// The rows that count.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// How far `app` had read when it last committed.
    pub async fn mark(&self, app: &str) -> Result<u64, Error> {
        let find = async {
            let log_store = self.delta.log_store();
            self.delta.snapshot()?.snapshot().transaction_version(log_store.as_ref(), app).await
        };
        Ok(find.await.map_err(|cause| delta_error(self.spec, cause))?.map_or(0, |next| next as u64))
    }

    /// A whole file's bytes, for [`decode`].
    pub async fn fetch(&self, file: &DataFile) -> Result<Bytes, Error> {
        let fetch = async { self.store().get(&ObjectPath::from(file.path.as_str())).await?.bytes().await };
        fetch.await.map_err(|cause| file_error(&file.path, cause))
    }

    /// A whole file's rows; `columns` empty means all.
    pub async fn read(&self, file: &DataFile, columns: &[&str]) -> Result<Vec<RecordBatch>, Error> {
        decode(self.fetch(file).await?, columns).map_err(|cause| file_error(&file.path, cause))
    }

    /// One patient's rows in every file, in the order of the files; only the parts of a file that
    /// can hold the patient are read.
    pub async fn read_patient(
        &self,
        patient_id: &str,
        bucket: u8,
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, Error> {
        let mut batches = Vec::new();
        for file in self.files.iter().filter(|file| file.buckets & (1 << bucket) != 0) {
            let path = ObjectPath::from(file.path.as_str());
            let stored = StoredFile { store: self.store(), path, bytes: file.bytes };
            let found = patient_batches(stored, patient_id, columns).await;
            batches.extend(found.map_err(|cause| file_error(&file.path, cause))?);
        }
        Ok(batches)
    }

    /// Stores a file; it counts once it is committed.
    pub async fn put(&self, date: Option<&str>, buckets: u16, encoded: Encoded) -> Result<NewFile, Error> {
        let name = format!("part-{buckets:04x}-{}.parquet", uuid::Uuid::now_v7());
        let path = date.map_or_else(|| name.clone(), |date| format!("date={date}/{name}"));
        let partition_values = date.map(|date| ("date".to_owned(), Some(date.to_owned()))).into_iter().collect();
        let size = encoded.bytes.len() as i64;
        let put = self.store().put(&ObjectPath::from(path.as_str()), encoded.bytes.into()).await;
        put.map_err(|cause| file_error(&path, cause))?;
        Ok(NewFile(Add {
            path,
            partition_values,
            size,
            modification_time: encoded.created_ms,
            data_change: true,
            stats: Some(encoded.stats),
            ..Add::default()
        }))
    }

    /// Makes files count and others count no more, and notes how far the input was read: all of it
    /// or nothing.
    pub async fn commit(&mut self, added: Vec<NewFile>, removed: &[DataFile], marks: &[Mark]) -> Result<u64, Error> {
        let now = added.iter().map(|file| file.0.modification_time).max();
        let removals = removed.iter().map(|file| Action::Remove(removal(file, now)));
        let actions: Vec<Action> = removals.chain(added.into_iter().map(|file| Action::Add(file.0))).collect();
        let transactions = marks.iter().map(|mark| Transaction::new(&mark.app, mark.next as i64)).collect();
        let partition_by = self.spec.by_date.then(|| vec!["date".to_owned()]);
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by, predicate: None };
        let commit = async {
            let properties = CommitProperties::default().with_application_transactions(transactions);
            let builder = CommitBuilder::from(properties).with_actions(actions);
            let state = self.delta.snapshot()?;
            let finished = builder.build(Some(state), self.delta.log_store(), operation).await?;
            let version = finished.version();
            self.delta.update_state().await?;
            Ok::<_, DeltaTableError>(version)
        };
        let version = commit.await.map_err(|cause| delta_error(self.spec, cause))?;
        self.files = Self::loaded(self.delta.clone(), self.spec)?.files;
        Ok(version)
    }

    fn store(&self) -> Arc<dyn ObjectStore> {
        self.delta.object_store()
    }
}

/// The buckets that a file's name tells: `part-<bits in hex>-<id>.parquet`.
fn buckets_of(path: &str) -> Option<u16> {
    let name = path.rsplit('/').next()?;
    u16::from_str_radix(name.strip_prefix("part-")?.split('-').next()?, 16).ok()
}

fn removal(file: &DataFile, now_ms: Option<i64>) -> Remove {
    let partition_values: HashMap<_, _> = file.date.iter().map(|date| ("date".into(), Some(date.clone()))).collect();
    Remove {
        path: file.path.clone(),
        data_change: true,
        deletion_timestamp: now_ms,
        extended_file_metadata: Some(true),
        partition_values: Some(partition_values),
        size: Some(file.bytes as i64),
        ..Remove::default()
    }
}

pub(crate) fn delta_error(spec: &TableSpec, cause: DeltaTableError) -> Error {
    Error::Delta { table: spec.name.into(), cause: cause.into() }
}

pub(crate) fn file_error(file: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::File { file: file.into(), cause: Box::new(cause) }
}
