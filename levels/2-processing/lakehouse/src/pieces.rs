//! Parts of stored files: of a file that is sorted by patient, the row groups and columns that are wanted.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use bytes::{Buf, Bytes};
use futures::TryStreamExt;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::reader::{ChunkReader, Length};

use crate::Error;
use crate::parquet_file::{StoredFile, projection};
use crate::sought::{patient_range, time_range};
use crate::table::file_error;

/// A stored file of which the footer was read.
#[derive(Clone, Debug)]
pub struct Footer {
    store: Arc<dyn ObjectStore>,
    path: ObjectPath,
    metadata: ArrowReaderMetadata,
}

/// What a footer says of a row group.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// Its place in the file.
    pub index: usize,
    /// Its first and last patient; `None` where the file does not say.
    pub patients: Option<(&'a str, &'a str)>,
    /// Its rows.
    pub rows: u64,
}

/// Row groups of a file, in memory and not decoded.
#[derive(Clone, Debug)]
pub struct Piece {
    metadata: ArrowReaderMetadata,
    columns: ProjectionMask,
    groups: Vec<usize>,
    bytes: Chunks,
}

impl Footer {
    pub(crate) async fn read(
        store: Arc<dyn ObjectStore>,
        path: ObjectPath,
        bytes: u64,
    ) -> std::result::Result<Self, Error> {
        let mut file = StoredFile { store: Arc::clone(&store), path: path.clone(), bytes };
        let read = async {
            let footer = file.get_metadata(None).await?;
            // Ids and names repeat: as dictionaries they are compared and looked up once.
            let plain = ArrowReaderMetadata::try_new(Arc::clone(&footer), ArrowReaderOptions::new())?;
            let fields = plain.schema().fields().iter().map(|field| match field.data_type() {
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
                    let words = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                    Field::new(field.name(), words, field.is_nullable())
                }
                _ => field.as_ref().clone(),
            });
            let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
            ArrowReaderMetadata::try_new(footer, ArrowReaderOptions::new().with_schema(schema))
        };
        let metadata = read.await.map_err(|cause| file_error(path.as_ref(), cause))?;
        Ok(Self { store, path, metadata })
    }

    /// The row groups, in their order.
    pub fn groups(&self) -> impl Iterator<Item = Group<'_>> {
        let columns = self.metadata.parquet_schema().columns();
        let patient = columns.iter().position(|column| column.name() == "patient_id");
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        groups.map(move |(index, group)| Group {
            index,
            patients: patient.and_then(|column| patient_range(group, column)),
            rows: group.num_rows() as u64,
        })
    }

    /// Whether the file has a column of this name.
    pub fn has(&self, column: &str) -> bool {
        self.metadata.schema().field_with_name(column).is_ok()
    }

    /// The least and the greatest time of a column in microseconds; `None` where a row group does not say.
    pub fn times(&self, column: &str) -> Option<(i64, i64)> {
        let place = self.metadata.parquet_schema().columns().iter().position(|one| one.name() == column)?;
        let DataType::Timestamp(unit, _) = self.metadata.schema().field_with_name(column).ok()?.data_type() else {
            return None;
        };
        let micros = |time: i64| match unit {
            TimeUnit::Second => time.checked_mul(1_000_000),
            TimeUnit::Millisecond => time.checked_mul(1_000),
            TimeUnit::Microsecond => Some(time),
            TimeUnit::Nanosecond => Some(time.div_euclid(1_000)),
        };
        let groups = self.metadata.metadata().row_groups().iter();
        let ranges = groups.map(|group| time_range(group, place)).collect::<Option<Vec<_>>>()?;
        let (first, last) =
            (ranges.iter().map(|range| *range.start()).min()?, ranges.iter().map(|range| *range.end()).max()?);
        Some((micros(first)?, micros(last)?))
    }

    /// Fetches row groups of these columns; no columns means all.
    pub async fn fetch(&self, groups: Vec<usize>, columns: &[&str]) -> std::result::Result<Piece, Error> {
        let columns = projection(self.metadata.parquet_schema(), columns);
        let mut ranges = Vec::new();
        for group in &groups {
            let group: &RowGroupMetaData = self.metadata.metadata().row_group(*group);
            let wanted = group.columns().iter().enumerate().filter(|(index, _)| columns.leaf_included(*index));
            for (start, length) in wanted.map(|(_, column)| column.byte_range()) {
                match ranges.last_mut() {
                    Some(last) if is_end(last, start) => last.end = start + length,
                    _ => ranges.push(start..start + length),
                }
            }
        }
        let fetched = self.store.get_ranges(&self.path, &ranges).await;
        let fetched = fetched.map_err(|cause| file_error(self.path.as_ref(), cause))?;
        let bytes = Chunks(ranges.iter().map(|range| range.start).zip(fetched).collect());
        Ok(Piece { metadata: self.metadata.clone(), columns, groups, bytes })
    }

    /// The rows of a row group of a file below a [folder](footers), so many at a time; nothing else of it is in memory.
    pub fn open(
        &self,
        folder: &Path,
        group: usize,
        columns: &[&str],
        rows: usize,
    ) -> std::result::Result<GroupRows, Error> {
        let columns = projection(self.metadata.parquet_schema(), columns);
        let refused = |cause: ParquetError| file_error(self.path.as_ref(), cause);
        let file = File::open(folder.join(self.path.as_ref())).map_err(|cause| refused(cause.into()))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        let builder = builder.with_row_groups(vec![group]).with_projection(columns).with_batch_size(rows);
        Ok(GroupRows { file: self.path.to_string(), rows: builder.build().map_err(refused)? })
    }
}

/// Rows of a row group, read bit by bit.
pub struct GroupRows {
    file: String,
    rows: ParquetRecordBatchReader,
}

impl fmt::Debug for GroupRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupRows").field("file", &self.file).finish_non_exhaustive()
    }
}

impl Iterator for GroupRows {
    type Item = std::result::Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.rows.next()?.map_err(|cause| file_error(&self.file, cause)))
    }
}

fn is_end(range: &std::ops::Range<u64>, start: u64) -> bool {
    range.end == start
}

/// The Parquet files in a folder and its folders, by path; of a table, use its own list.
pub async fn footers(folder: &Path) -> std::result::Result<Vec<Footer>, Error> {
    let unusable = |cause| Error::Folder { path: folder.into(), cause };
    let place = folder.canonicalize().map_err(unusable)?;
    let open = LocalFileSystem::new_with_prefix(&place);
    let store: Arc<dyn ObjectStore> = Arc::new(open.map_err(|cause| unusable(std::io::Error::other(cause)))?);
    let found: Vec<_> = store.list(None).try_collect().await.map_err(|cause| unusable(std::io::Error::other(cause)))?;
    let mut files: Vec<_> = found.into_iter().filter(|file| file.location.extension() == Some("parquet")).collect();
    files.sort_by(|a, b| a.location.cmp(&b.location));
    let mut footers = Vec::with_capacity(files.len());
    for file in files {
        footers.push(Footer::read(Arc::clone(&store), file.location, file.size).await?);
    }
    Ok(footers)
}

impl Piece {
    /// Its rows, a batch for each row group; text comes as dictionaries. CPU only.
    pub fn decode(self) -> Result<Vec<RecordBatch>> {
        let mut batches = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let rows = self.metadata.metadata().row_group(*group).num_rows() as usize;
            batches.extend(self.reader(*group, rows)?.collect::<std::result::Result<Vec<_>, _>>()?);
        }
        Ok(batches)
    }

    /// One piece for each of its row groups.
    pub fn split(self) -> impl Iterator<Item = Self> {
        let Self { metadata, columns, groups, bytes } = self;
        groups.into_iter().map(move |group| Self {
            metadata: metadata.clone(),
            columns: columns.clone(),
            groups: vec![group],
            bytes: bytes.clone(),
        })
    }

    fn reader(&self, group: usize, rows: usize) -> Result<ParquetRecordBatchReader> {
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone());
        builder.with_row_groups(vec![group]).with_projection(self.columns.clone()).with_batch_size(rows.max(1)).build()
    }
}

/// Stretches of a file, by where they begin.
#[derive(Clone, Debug)]
struct Chunks(Arc<[(u64, Bytes)]>);

impl Chunks {
    fn from(&self, start: u64) -> Result<Bytes> {
        let after = self.0.partition_point(|(first, _)| *first <= start);
        let chunk = after.checked_sub(1).and_then(|index| self.0.get(index));
        let inside = chunk.filter(|(first, bytes)| start - first <= bytes.len() as u64);
        let inside = inside.map(|(first, bytes)| bytes.slice((start - first) as usize..));
        inside.ok_or_else(|| ParquetError::EOF(format!("byte {start} was not fetched")))
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.last().map_or(0, |(first, bytes)| first + bytes.len() as u64)
    }
}

impl ChunkReader for Chunks {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let bytes = self.from(start)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF(format!("{length} bytes from {start} were not fetched")));
        }
        Ok(bytes.slice(..length))
    }
}
