//! A data set in the form of MEDS 0.4: one subject at a time, whole or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float32Array, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder};
use arrow::array::{LargeStringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde_json::json;
use strata_types::Timestamp;

use super::subject::{Entry, Split, Subject};

/// Rows that are kept before they are written; a subject's are written together.
const BATCH_ROWS: usize = 1 << 16;

/// Rows after which the next subject begins another file.
const FILE_ROWS: u64 = 1 << 21;

/// What a data set says of itself in `metadata/dataset.json`.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The licence of the data, where it is known.
    pub license: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Subjects.
    pub subjects: u64,
    /// Rows of data.
    pub rows: u64,
    /// Distinct codes.
    pub codes: u64,
    /// Files of data.
    pub files: u64,
}

/// Why a data set cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The folder is there already.
    #[error("{0} is there already: name a folder that is not")]
    Exists(PathBuf),
    /// A subject came again.
    #[error("subject {0} came twice: a subject's history is exported at once, under a number of its own")]
    Again(i64),
    /// The file system refused.
    #[error("{path} cannot be written: {source}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be encoded.
    #[error("{path} cannot be written: {source}")]
    Encode {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
}

/// Writes a data set. It lies beside its folder, as `<folder>.partial`, until it is [finished](Self::finish).
#[derive(Debug)]
pub struct Export {
    folder: PathBuf,
    partial: PathBuf,
    dataset: Dataset,
    shard: Option<Shard>,
    rows: Vec<(i64, Entry)>,
    seen: BTreeSet<i64>,
    splits: Vec<(i64, Split)>,
    codes: BTreeMap<String, (String, Option<String>)>,
    exported: Exported,
}

/// The file of data that is being written.
struct Shard {
    path: PathBuf,
    writer: ArrowWriter<File>,
    rows: u64,
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shard").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl Export {
    /// Begins a data set in a folder that is not there yet. What an export that was cut short left is replaced.
    pub fn create(folder: &Path, dataset: Dataset) -> Result<Self, ExportError> {
        if folder.exists() {
            return Err(ExportError::Exists(folder.into()));
        }
        let mut partial = folder.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(|source| ExportError::File { path: partial.clone(), source })?;
        }
        for below in ["data", "metadata"] {
            let path = partial.join(below);
            fs::create_dir_all(&path).map_err(|source| ExportError::File { path, source })?;
        }
        Ok(Self {
            folder: folder.into(),
            partial,
            dataset,
            shard: None,
            rows: Vec::new(),
            seen: BTreeSet::new(),
            splits: Vec::new(),
            codes: BTreeMap::new(),
            exported: Exported::default(),
        })
    }

    /// Writes a subject's whole history; its events need not be sorted.
    pub fn subject(&mut self, subject: &Subject) -> Result<(), ExportError> {
        let id = subject.subject_id;
        if !self.seen.insert(id) {
            return Err(ExportError::Again(id));
        }
        self.exported.subjects += 1;
        self.splits.extend(subject.split.map(|split| (id, split)));
        if self.shard.as_ref().is_some_and(|shard| shard.rows + self.rows.len() as u64 >= FILE_ROWS) {
            self.close_shard()?;
        }
        for entry in subject.entries() {
            if !self.codes.contains_key(&entry.code) {
                self.codes.insert(entry.code.clone(), (entry.about.clone(), entry.parent.clone()));
            }
            self.rows.push((id, entry));
        }
        if self.rows.len() >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    /// Writes what is left and the metadata, and gives the folder its name.
    pub fn finish(mut self) -> Result<Exported, ExportError> {
        self.flush()?;
        self.close_shard()?;
        let metadata = self.partial.join("metadata");
        self.exported.codes = self.codes.len() as u64;
        write(&metadata.join("codes.parquet"), &codes(&self.codes))?;
        if !self.splits.is_empty() {
            write(&metadata.join("subject_splits.parquet"), &splits(&self.splits))?;
        }
        let path = metadata.join("dataset.json");
        fs::write(&path, self.dataset.json().to_string()).map_err(|source| ExportError::File { path, source })?;
        fs::rename(&self.partial, &self.folder)
            .map_err(|source| ExportError::File { path: self.folder.clone(), source })?;
        Ok(self.exported)
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        let rows = std::mem::take(&mut self.rows);
        if rows.is_empty() && self.exported.files > 0 {
            return Ok(());
        }
        let shard = match &mut self.shard {
            Some(shard) => shard,
            none => {
                let path = self.partial.join(format!("data/{}.parquet", self.exported.files));
                self.exported.files += 1;
                none.insert(Shard { writer: create(&path, &data(&[]))?, path, rows: 0 })
            }
        };
        shard.rows += rows.len() as u64;
        self.exported.rows += rows.len() as u64;
        let encode = |source| ExportError::Encode { path: shard.path.clone(), source };
        data(&rows).map_err(ParquetError::from).and_then(|batch| shard.writer.write(&batch)).map_err(encode)
    }

    fn close_shard(&mut self) -> Result<(), ExportError> {
        if !self.rows.is_empty() {
            self.flush()?;
        }
        let Some(shard) = self.shard.take() else { return Ok(()) };
        shard.writer.close().map(|_| ()).map_err(|source| ExportError::Encode { path: shard.path, source })
    }
}

impl Dataset {
    fn json(&self) -> serde_json::Value {
        let mut json = json!({
            "dataset_name": self.name,
            "dataset_version": self.version,
            "etl_name": "strata",
            "etl_version": env!("CARGO_PKG_VERSION"),
            "meds_version": "0.4.0",
            "created_at": self.created_at.to_string(),
        });
        if let Some(license) = &self.license {
            json["license"] = license.as_str().into();
        }
        json
    }
}

type Batch = Result<RecordBatch, ArrowError>;

fn data(rows: &[(i64, Entry)]) -> Batch {
    let schema = Schema::new(vec![
        Field::new("subject_id", DataType::Int64, false),
        Field::new("time", DataType::Timestamp(TimeUnit::Microsecond, None), true),
        Field::new("code", DataType::Utf8, false),
        Field::new("numeric_value", DataType::Float32, true),
        Field::new("text_value", DataType::LargeUtf8, true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|(id, _)| *id).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|(_, row)| row.time.map(|time| time.0)).collect::<TimestampMicrosecondArray>()),
        Arc::new(StringArray::from_iter_values(rows.iter().map(|(_, row)| &row.code))),
        Arc::new(rows.iter().map(|(_, row)| row.value.map(|value| value as f32)).collect::<Float32Array>()),
        Arc::new(rows.iter().map(|(_, row)| row.text.as_deref()).collect::<LargeStringArray>()),
    ];
    RecordBatch::try_new(Arc::new(schema), columns)
}

fn codes(codes: &BTreeMap<String, (String, Option<String>)>) -> Batch {
    let mut parents = ListBuilder::new(StringBuilder::new());
    for (_, parent) in codes.values() {
        parents.values().extend(parent.iter().map(Some));
        parents.append(true);
    }
    let parents = parents.finish();
    let schema = Schema::new(vec![
        Field::new("code", DataType::Utf8, false),
        Field::new("description", DataType::Utf8, true),
        Field::new("parent_codes", arrow::array::Array::data_type(&parents).clone(), true),
    ]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(codes.keys())),
        Arc::new(StringArray::from_iter_values(codes.values().map(|(about, _)| about))),
        Arc::new(parents),
    ];
    RecordBatch::try_new(Arc::new(schema), columns)
}

fn splits(splits: &[(i64, Split)]) -> Batch {
    let schema =
        Schema::new(vec![Field::new("subject_id", DataType::Int64, false), Field::new("split", DataType::Utf8, false)]);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(splits.iter().map(|(id, _)| *id).collect::<Int64Array>()),
        Arc::new(StringArray::from_iter_values(splits.iter().map(|(_, split)| split.name()))),
    ];
    RecordBatch::try_new(Arc::new(schema), columns)
}

fn create(path: &Path, like: &Batch) -> Result<ArrowWriter<File>, ExportError> {
    let encode = |source| ExportError::Encode { path: path.into(), source };
    let schema = like.as_ref().map_err(|error| encode(ParquetError::General(error.to_string())))?.schema();
    let file = File::create(path).map_err(|source| ExportError::File { path: path.into(), source })?;
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    ArrowWriter::try_new(file, schema, Some(properties)).map_err(encode)
}

fn write(path: &Path, batch: &Batch) -> Result<(), ExportError> {
    let mut writer = create(path, batch)?;
    let written = match batch {
        Ok(batch) => writer.write(batch).and_then(|()| writer.close().map(|_| ())),
        Err(error) => Err(ParquetError::General(error.to_string())),
    };
    written.map_err(|source| ExportError::Encode { path: path.into(), source })
}
