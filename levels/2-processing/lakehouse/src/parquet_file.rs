//! Rows to Parquet and back.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::SchemaDescriptor;

use crate::stats::Stats;
use crate::{Packing, TableSpec};

/// Rows in a row group: small enough that reading one patient reads little.
pub const ROW_GROUP: usize = 16_384;

/// Rows in a page of what is packed to be fast.
const PAGE: usize = 4_096;

/// The columns of events of which hardly any value comes twice.
const UNIQUE: [&str; 2] = ["event_id", "record_hash"];

/// Encodings by what a column is, chosen by measuring: dictionaries for what comes again (numbers of few digits, ids), differences
/// for times, and the bare values, without statistics, for what does not come again (`unique`).
pub(crate) fn by_kind(
    mut properties: WriterPropertiesBuilder,
    schema: &Schema,
    unique: &[&str],
) -> WriterPropertiesBuilder {
    for field in schema.fields() {
        let column = || field.name().as_str().into();
        let is_unique = unique.contains(&field.name().as_str());
        let encoding = match field.data_type() {
            DataType::Timestamp(_, _) => Encoding::DELTA_BINARY_PACKED,
            DataType::Utf8 if is_unique => Encoding::DELTA_LENGTH_BYTE_ARRAY,
            _ if is_unique => Encoding::PLAIN,
            _ => continue,
        };
        properties = properties.set_column_dictionary_enabled(column(), false).set_column_encoding(column(), encoding);
        if is_unique {
            properties = properties.set_column_statistics_enabled(column(), EnabledStatistics::None);
        }
    }
    properties
}

/// A file's bytes and what its commit will say of it.
#[derive(Debug)]
pub struct Encoded {
    pub(crate) bytes: Bytes,
    pub(crate) stats: Stats,
    pub(crate) created_ms: i64,
}

/// Encodes rows, which must be sorted by the table's key. CPU only.
pub fn encode(spec: &TableSpec, batches: &[RecordBatch], now_ms: i64) -> Result<Encoded> {
    let mut encoder = Encoder::new(spec)?;
    for batch in batches {
        encoder.write(batch)?;
    }
    encoder.close(now_ms)
}

/// How the files of a table are written.
pub(crate) fn properties(spec: &TableSpec) -> Result<WriterProperties> {
    let properties = match spec.packing {
        Packing::Small => {
            let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?));
            by_kind(properties, &(spec.schema)(), &UNIQUE)
        }
        Packing::Fast => {
            let properties = WriterProperties::builder()
                .set_compression(Compression::LZ4_RAW)
                .set_dictionary_enabled(false)
                .set_column_dictionary_enabled("patient_id".into(), true)
                // So that what LZ4 looks at stays in the nearest cache.
                .set_data_page_row_count_limit(PAGE)
                .set_write_batch_size(PAGE)
                .set_statistics_enabled(EnabledStatistics::None);
            // Every row group holds values of every size, sick people and well ones: only by the key is one skipped.
            spec.key.iter().fold(properties, |properties, key| {
                properties.set_column_statistics_enabled((*key).into(), EnabledStatistics::Chunk)
            })
        }
    };
    Ok(properties.set_max_row_group_row_count(Some(ROW_GROUP)).build())
}

/// Writes a file batch by batch; rows must be sorted by the table's key. CPU only.
#[derive(Debug)]
pub struct Encoder {
    writer: ArrowWriter<Vec<u8>>,
    stats: Stats,
}

impl Encoder {
    /// A file of this table.
    pub fn new(spec: &TableSpec) -> Result<Self> {
        Self::with_capacity(spec, 0)
    }

    /// A file of this table, of about so many bytes.
    pub(crate) fn with_capacity(spec: &TableSpec, bytes: usize) -> Result<Self> {
        let properties = Some(properties(spec)?);
        let writer = ArrowWriter::try_new(Vec::with_capacity(bytes), (spec.schema)(), properties)?;
        Ok(Self { writer, stats: Stats::new(spec) })
    }

    /// Goes on with these rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.stats.add(batch);
        self.writer.write(batch)
    }

    /// The file; `None` when it would be empty.
    pub(crate) fn finish(self, now_ms: i64) -> Result<Option<Encoded>> {
        if self.stats.rows() == 0 { Ok(None) } else { self.close(now_ms).map(Some) }
    }

    /// The file, even when it has no rows.
    pub fn close(self, now_ms: i64) -> Result<Encoded> {
        Ok(Encoded { bytes: Bytes::from(self.writer.into_inner()?), stats: self.stats, created_ms: now_ms })
    }
}

/// Decodes a file; `columns` empty means all. CPU only.
pub fn decode(bytes: Bytes, columns: &[&str]) -> Result<Vec<RecordBatch>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
    let mask = projection(builder.parquet_schema(), columns);
    let reader = builder.with_projection(mask).with_batch_size(ROW_GROUP).build()?;
    reader.map(|batch| batch.map_err(Into::into)).collect()
}

/// A stored file of which only parts are fetched.
pub(crate) struct StoredFile {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) path: ObjectPath,
    pub(crate) bytes: u64,
}

impl AsyncFileReader for StoredFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        let fetch = async move { self.store.get_range(&self.path, range).await };
        fetch.map_err(|error| ParquetError::External(error.into())).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        let bytes = self.bytes;
        let read = async move { ParquetMetaDataReader::new().load_and_finish(self, bytes).await };
        read.map_ok(Arc::new).boxed()
    }
}

pub(crate) fn projection(schema: &SchemaDescriptor, columns: &[&str]) -> ProjectionMask {
    if columns.is_empty() { ProjectionMask::all() } else { ProjectionMask::columns(schema, columns.iter().copied()) }
}
