//! A file of many columns, written one row group after the other, the columns of each on all cores.
//!
//! Beside the bytes that are done there is nothing but the columns that are being written: an [`Encoder`](crate::Encoder)
//! keeps a page of every column open, which for a hundred columns is more than the file.

use std::collections::HashMap;
use std::fmt;
use std::io::Write;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use crate::TableSpec;
use crate::parquet_file::{Encoded, properties};
use crate::stats::Stats;

/// Columns that one core writes at a time.
const COLUMNS_A_CORE: usize = 8;

/// A file to be, of a table. CPU only.
#[derive(Debug)]
pub struct WideEncoder {
    file: WideFile<Vec<u8>>,
    stats: Stats,
}

impl WideEncoder {
    /// A file of this table, of about so many bytes.
    pub fn new(spec: &TableSpec, bytes: usize) -> Result<Self> {
        let schema = (spec.schema)();
        let bare = schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(HashMap::new()));
        let bare = Arc::new(Schema::new(bare.collect::<Vec<_>>()));
        let file = WideFile::new(bare, properties(spec)?, Vec::with_capacity(bytes))?;
        Ok(Self { file, stats: Stats::new(spec) })
    }

    /// Appends these rows as a row group; they are sorted by the table's key, and follow those before.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        self.stats.add(rows);
        self.file.write(std::slice::from_ref(rows))
    }

    /// The file, even when it has no rows.
    pub fn close(self, now_ms: i64) -> Result<Encoded> {
        Ok(Encoded { bytes: Bytes::from(self.file.finish()?), stats: self.stats, created_ms: now_ms })
    }
}

/// A file to be, of any columns.
pub(crate) struct WideFile<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: ArrowRowGroupWriterFactory,
    groups: usize,
}

impl<W: Write + Send> WideFile<W> {
    pub(crate) fn new(schema: SchemaRef, properties: WriterProperties, out: W) -> Result<Self> {
        let (writer, columns) = ArrowWriter::try_new(out, schema, Some(properties))?.into_serialized_writer()?;
        Ok(Self { writer, columns, groups: 0 })
    }

    /// Appends these rows, all of the same columns, as a row group.
    pub(crate) fn write(&mut self, rows: &[RecordBatch]) -> Result<()> {
        let writers = self.columns.create_column_writers(self.groups)?;
        let columns = writers.into_par_iter().enumerate().with_min_len(COLUMNS_A_CORE);
        let chunks = columns.map(|(index, mut writer)| {
            for batch in rows {
                for leaf in compute_leaves(batch.schema_ref().field(index), batch.column(index))? {
                    writer.write(&leaf)?;
                }
            }
            writer.close()
        });
        let chunks = chunks.collect::<Result<Vec<_>>>()?;
        let mut group = self.writer.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.groups += 1;
        Ok(())
    }

    /// Writes the footer; gives back where it went.
    pub(crate) fn finish(self) -> Result<W> {
        self.writer.into_inner()
    }
}

impl<W: Write + Send> fmt::Debug for WideFile<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WideFile").field("groups", &self.groups).finish_non_exhaustive()
    }
}
