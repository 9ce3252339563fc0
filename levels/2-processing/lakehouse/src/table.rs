//! One Delta table: which files count, and the commits that change that.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use deltalake::operations::create::CreateBuilder;
use deltalake::{DeltaTable, DeltaTableError, TableProperty};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::parquet_file::Encoded;
use crate::shelf::{NewFile, Shelf};
use crate::stats::times_of;
use crate::{Error, Root, Sought, TableSpec};

/// How many commits may follow a checkpoint: what a reader replays at most.
const CHECKPOINT_EVERY: &str = "10";

/// How long a checkpoint remembers a file that counts no more: as long as [`Table::tidy`] keeps it.
const REMEMBERED: &str = "interval 1 hours";

/// A table as of one version.
#[derive(Debug)]
pub struct Table {
    pub(crate) delta: DeltaTable,
    pub(crate) spec: &'static TableSpec,
    pub(crate) files: Vec<DataFile>,
}

/// A file that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Its path below the table.
    pub path: String,
    /// The date that its rows have, where the table is partitioned.
    pub date: Option<String>,
    /// The patient buckets of which it may hold rows, a bit each.
    pub buckets: u16,
    /// The times of its rows in microseconds, outwards to the millisecond; `None` where not every row has one, and in
    /// files whose commit does not say.
    pub times: Option<RangeInclusive<i64>>,
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

impl Table {
    pub(crate) async fn open(root: &Root, spec: &'static TableSpec) -> Result<Option<Self>, Error> {
        if !root.has_table(spec.name).await? {
            return Ok(None);
        }
        let load = async {
            let mut delta = root.delta(spec.name)?;
            delta.load().await?;
            Ok(delta)
        };
        let delta = load.await.map_err(|cause| delta_error(spec, cause))?;
        Ok(Some(Self::loaded(delta, spec)?))
    }

    pub(crate) async fn open_or_create(root: &Root, spec: &'static TableSpec) -> Result<Self, Error> {
        if let Some(table) = Self::open(root, spec).await? {
            return Ok(table);
        }
        root.make_room(spec.name)?;
        let create = async {
            CreateBuilder::new()
                .with_log_store(root.delta(spec.name)?.log_store())
                .with_table_name(spec.name)
                .with_columns(spec.delta_columns())
                .with_partition_columns(if spec.by_date { vec!["date"] } else { vec![] })
                .with_configuration_property(TableProperty::CheckpointInterval, Some(CHECKPOINT_EVERY))
                .with_configuration_property(TableProperty::DeletedFileRetentionDuration, Some(REMEMBERED))
                .with_configuration_property(TableProperty::LogRetentionDuration, Some(REMEMBERED))
                .await
        };
        match create.await {
            Ok(delta) => Self::loaded(delta, spec),
            // Another was first: another process, or one that was dropped here while it wrote.
            Err(cause) => Self::open(root, spec).await?.ok_or_else(|| delta_error(spec, cause)),
        }
    }

    pub(crate) fn loaded(delta: DeltaTable, spec: &'static TableSpec) -> Result<Self, Error> {
        let mut files = Vec::new();
        let state = delta.snapshot().map_err(|cause| delta_error(spec, cause))?;
        for view in state.log_data().iter() {
            let path = view.path().into_owned();
            let date = view.partition_values_map().remove("date").flatten();
            let buckets = buckets_of(&path).unwrap_or(u16::MAX);
            let times = spec.time().zip(view.stats()).and_then(|(time, stats)| times_of(&stats, time));
            let rows = view.num_records().unwrap_or(0) as u64;
            files.push(DataFile { path, date, buckets, times, rows, bytes: view.size() as u64 });
        }
        let mut table = Self { delta, spec, files };
        table.sort();
        Ok(table)
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

    /// Where its files lie. It does not know which of them count.
    pub fn shelf(&self) -> Shelf {
        Shelf::new(self.delta.object_store(), self.spec)
    }

    /// How far `app` had read when it last committed.
    pub fn mark<'a>(&'a self, app: &'a str) -> BoxFuture<'a, Result<u64, Error>> {
        self.marked(app).boxed()
    }

    async fn marked(&self, app: &str) -> Result<u64, Error> {
        let find = async {
            let log_store = self.delta.log_store();
            self.delta.snapshot()?.snapshot().transaction_version(log_store.as_ref(), app).await
        };
        Ok(find.await.map_err(|cause| delta_error(self.spec, cause))?.map_or(0, |next| next as u64))
    }

    /// A whole file's bytes, for [`decode`](crate::decode).
    pub async fn fetch(&self, file: &DataFile) -> Result<Bytes, Error> {
        self.shelf().fetch(file).await
    }

    /// A whole file's rows; `columns` empty means all.
    pub async fn read(&self, file: &DataFile, columns: &[&str]) -> Result<Vec<RecordBatch>, Error> {
        crate::decode(self.fetch(file).await?, columns).map_err(|cause| file_error(&file.path, cause))
    }

    /// The rows of a file that are looked for; only the parts that may hold one are read.
    pub async fn find(
        &self,
        file: &DataFile,
        sought: &Arc<Sought>,
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, Error> {
        self.shelf().find(file, sought, columns).await
    }

    /// One patient's rows in every file, in the order of the files; only the parts of a file that
    /// can hold the patient are read.
    pub async fn read_patient(
        &self,
        patient_id: &str,
        bucket: u8,
        columns: &[&str],
    ) -> Result<Vec<RecordBatch>, Error> {
        let patient = Arc::new(Sought::patients([patient_id]));
        let mut batches = Vec::new();
        for file in self.files.iter().filter(|file| file.buckets & (1 << bucket) != 0) {
            batches.extend(self.find(file, &patient, columns).await?);
        }
        Ok(batches)
    }

    /// Stores a file; it counts once it is committed.
    pub async fn put(&self, date: Option<&str>, buckets: u16, encoded: Encoded) -> Result<NewFile, Error> {
        self.shelf().put(date, buckets, encoded).await
    }

    pub(crate) fn replace(&mut self, removed: &[DataFile], added: impl IntoIterator<Item = DataFile>) {
        let removed: HashSet<&str> = removed.iter().map(|file| file.path.as_str()).collect();
        self.files.retain(|file| !removed.contains(file.path.as_str()));
        self.files.extend(added);
        self.sort();
    }

    fn sort(&mut self) {
        self.files.sort_by(|a, b| (&a.date, &a.path).cmp(&(&b.date, &b.path)));
    }
}

/// The buckets that a file's name tells: `part-<bits in hex>-<id>.parquet`.
fn buckets_of(path: &str) -> Option<u16> {
    let name = path.rsplit('/').next()?;
    u16::from_str_radix(name.strip_prefix("part-")?.split('-').next()?, 16).ok()
}

pub(crate) fn delta_error(spec: &TableSpec, cause: DeltaTableError) -> Error {
    Error::Delta { table: spec.name.into(), cause: cause.into() }
}

pub(crate) fn file_error(file: &str, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::File { file: file.into(), cause: Box::new(cause) }
}
