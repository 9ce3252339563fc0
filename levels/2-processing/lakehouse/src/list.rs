//! Lists that people bring: CSV files with a header, every column as text, or Parquet files.

use std::fs::File;
use std::io::Seek;
use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::Format;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::Error;

/// A list, read batch by batch.
pub struct List {
    name: String,
    schema: SchemaRef,
    batches: Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>> + Send>,
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Rows that are read at once.
const ROWS: usize = 16_384;

impl List {
    /// Opens a file: Parquet where its name ends in `.parquet`, else CSV with a header.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let refused = |cause: Box<dyn std::error::Error + Send + Sync>| Error::File { file: name.clone(), cause };
        let mut file = File::open(path).map_err(|cause| refused(cause.into()))?;
        if path.extension().is_some_and(|extension| extension == "parquet") {
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| refused(cause.into()))?;
            let reader = reader.with_batch_size(ROWS).build().map_err(|cause| refused(cause.into()))?;
            let schema = arrow::array::RecordBatchReader::schema(&reader);
            return Ok(Self { name, schema, batches: Box::new(reader) });
        }
        let format = Format::default().with_header(true);
        let (inferred, _) = format.infer_schema(&file, Some(1)).map_err(|cause| refused(cause.into()))?;
        let text = inferred.fields().iter().map(|field| Field::new(field.name().trim(), DataType::Utf8, true));
        let schema = Arc::new(Schema::new(text.collect::<Vec<_>>()));
        file.rewind().map_err(|cause| refused(cause.into()))?;
        let reader = ReaderBuilder::new(Arc::clone(&schema)).with_format(format).with_batch_size(ROWS);
        let batches = reader.build(file).map_err(|cause| refused(cause.into()))?;
        Ok(Self { name, schema, batches: Box::new(batches) })
    }

    /// Its columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for List {
    type Item = Result<RecordBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let refused = |cause: ArrowError| Error::File { file: self.name.clone(), cause: cause.into() };
        self.batches.next().map(|batch| batch.map_err(refused))
    }
}
