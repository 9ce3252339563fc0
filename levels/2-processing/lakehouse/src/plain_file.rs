//! A Parquet file outside of any table, written batch by batch.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::Error;

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
    ///
    /// The settings were chosen by measuring: dictionaries for what comes again (numbers of few digits, ids), differences for
    /// times, plain lengths and bytes for what does not come again, and the fastest level of zstd behind all of them.
    pub fn create(path: &Path, schema: SchemaRef, unique: &[&str]) -> Result<Self, Error> {
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_max_row_group_row_count(Some(ROW_GROUP));
        for field in schema.fields() {
            let column = || field.name().as_str().into();
            let encoding = match field.data_type() {
                DataType::Timestamp(_, _) => Encoding::DELTA_BINARY_PACKED,
                _ if unique.contains(&field.name().as_str()) => Encoding::DELTA_LENGTH_BYTE_ARRAY,
                _ => continue,
            };
            properties =
                properties.set_column_dictionary_enabled(column(), false).set_column_encoding(column(), encoding);
            if encoding == Encoding::DELTA_LENGTH_BYTE_ARRAY {
                properties = properties.set_column_statistics_enabled(column(), EnabledStatistics::None);
            }
        }
        let file = File::create(path).map_err(|cause| error(path, cause))?;
        let options = ArrowWriterOptions::new().with_properties(properties.build()).with_skip_arrow_metadata(true);
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
