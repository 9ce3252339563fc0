//! A Parquet file outside of any table, written batch by batch.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::Error;
use crate::parquet_file::by_kind;

/// Rows in a row group: many, for such files are read whole, and each group begins its dictionaries anew.
const ROW_GROUP: usize = 1 << 17;

/// A file to be. It is whole when it is finished.
#[derive(Debug)]
pub struct PlainFile {
    path: PathBuf,
    writer: ArrowWriter<File>,
}

impl PlainFile {
    /// Makes a file. Of the columns in `unique` hardly any value comes twice.
    pub fn create(path: &Path, schema: SchemaRef, unique: &[&str]) -> Result<Self, Error> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_max_row_group_row_count(Some(ROW_GROUP));
        let properties = by_kind(properties, &schema, unique).build();
        let file = File::create(path).map_err(|cause| error(path, cause))?;
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, schema, options).map_err(|cause| error(path, cause))?;
        Ok(Self { path: path.into(), writer })
    }

    /// Appends rows.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<(), Error> {
        self.writer.write(rows).map_err(|cause| error(&self.path, cause))
    }

    /// Writes what is left.
    pub fn finish(self) -> Result<(), Error> {
        self.writer.close().map(|_| ()).map_err(|cause: ParquetError| error(&self.path, cause))
    }
}

fn error(path: &Path, cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::File { file: path.display().to_string(), cause: Box::new(cause) }
}
