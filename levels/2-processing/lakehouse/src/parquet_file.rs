//! Rows to Parquet and back.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt, TryStreamExt};
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowFilter};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStreamBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::Statistics;
use parquet::schema::types::SchemaDescriptor;

use crate::Packing;

/// Rows in a row group: small enough that reading one patient reads little.
const ROW_GROUP: usize = 16_384;

/// A file's bytes and what its commit will say of it.
#[derive(Debug)]
pub struct Encoded {
    pub(crate) bytes: Bytes,
    pub(crate) stats: String,
    pub(crate) created_ms: i64,
}

/// Encodes rows, which must be sorted as the table wants them. CPU only.
pub fn encode(batches: &[RecordBatch], schema: &SchemaRef, packing: Packing, now_ms: i64) -> Result<Encoded> {
    let properties = match packing {
        Packing::Small => WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?)),
        Packing::Fast => WriterProperties::builder()
            .set_compression(Compression::LZ4_RAW)
            .set_dictionary_enabled(false)
            .set_column_dictionary_enabled("patient_id".into(), true)
            .set_statistics_enabled(EnabledStatistics::Chunk),
    };
    let properties = properties.set_max_row_group_row_count(Some(ROW_GROUP)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), SchemaRef::clone(schema), Some(properties))?;
    for batch in batches {
        writer.write(batch)?;
    }
    let bytes = Bytes::from(writer.into_inner()?);
    Ok(Encoded { bytes, stats: stats(batches), created_ms: now_ms })
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

/// The rows of one patient: row groups that cannot hold the patient are skipped unread.
pub(crate) async fn patient_batches(file: StoredFile, patient_id: &str, columns: &[&str]) -> Result<Vec<RecordBatch>> {
    let builder = ParquetRecordBatchStreamBuilder::new(file).await?;
    let schema = builder.parquet_schema();
    let Some(column) = schema.columns().iter().position(|column| column.name() == "patient_id") else {
        return Ok(Vec::new());
    };
    let groups = builder.metadata().row_groups().iter().enumerate();
    let groups: Vec<usize> =
        groups.filter(|(_, group)| may_hold(group, column, patient_id)).map(|(index, _)| index).collect();
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = patient_id.to_owned();
    let only_patient = ArrowPredicateFn::new(projection(schema, &["patient_id"]), move |batch| {
        let ids = batch.column(0).as_any().downcast_ref::<StringArray>();
        let ids = ids.ok_or_else(|| ArrowError::SchemaError("patient_id is not a string".into()))?;
        Ok(ids.iter().map(|id| Some(id == Some(wanted.as_str()))).collect::<BooleanArray>())
    });
    let mask = projection(schema, columns);
    let filter = RowFilter::new(vec![Box::new(only_patient)]);
    builder.with_row_groups(groups).with_row_filter(filter).with_projection(mask).build()?.try_collect().await
}

fn may_hold(group: &RowGroupMetaData, column: usize, patient_id: &str) -> bool {
    match group.column(column).statistics() {
        Some(Statistics::ByteArray(range)) => {
            let above = range.min_opt().is_none_or(|min| min.data() <= patient_id.as_bytes());
            above && range.max_opt().is_none_or(|max| patient_id.as_bytes() <= max.data())
        }
        _ => true,
    }
}

fn projection(schema: &SchemaDescriptor, columns: &[&str]) -> ProjectionMask {
    if columns.is_empty() { ProjectionMask::all() } else { ProjectionMask::columns(schema, columns.iter().copied()) }
}

/// Delta's per-file statistics: the row count, and the range of patients that engines prune by.
fn stats(batches: &[RecordBatch]) -> String {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut range: Option<(&str, &str)> = None;
    let ids = batches.iter().filter_map(|batch| batch.column_by_name("patient_id")?.as_any().downcast_ref());
    for id in ids.flat_map(|ids: &StringArray| ids.iter().flatten()) {
        let (low, high) = range.unwrap_or((id, id));
        range = Some((low.min(id), high.max(id)));
    }
    match range {
        Some((low, high)) => serde_json::json!({
            "numRecords": rows, "minValues": {"patient_id": low}, "maxValues": {"patient_id": high}, "nullCount": {},
        }),
        None => serde_json::json!({"numRecords": rows}),
    }
    .to_string()
}
