//! A file of many columns, written one row group after the other, the columns of each on all cores.
//!
//! Beside the bytes that are done there is nothing but the columns that are being written: an [`Encoder`](crate::Encoder)
//! keeps a page of every column open, which for a hundred columns is more than the file.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::Result;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use crate::TableSpec;
use crate::parquet_file::{Encoded, properties};
use crate::stats::Stats;

/// Columns that one core writes at a time.
const COLUMNS_A_CORE: usize = 8;

/// A file to be. CPU only.
pub struct WideEncoder {
    writer: SerializedFileWriter<Vec<u8>>,
    columns: ArrowRowGroupWriterFactory,
    groups: usize,
    stats: Stats,
}

impl WideEncoder {
    /// A file of this table, of about so many bytes.
    pub fn new(spec: &TableSpec, bytes: usize) -> Result<Self> {
        let schema = (spec.schema)();
        let bare = schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(HashMap::new()));
        let bare = Arc::new(Schema::new(bare.collect::<Vec<_>>()));
        let writer = ArrowWriter::try_new(Vec::with_capacity(bytes), bare, Some(properties(spec)?))?;
        let (writer, columns) = writer.into_serialized_writer()?;
        Ok(Self { writer, columns, groups: 0, stats: Stats::new(spec) })
    }

    /// Appends these rows as a row group; they are sorted by the table's key, and follow those before.
    pub fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        self.stats.add(rows);
        let writers = self.columns.create_column_writers(self.groups)?;
        let fields = &rows.schema_ref().fields()[..];
        let columns = writers.into_par_iter().zip(rows.columns()).zip(fields);
        let chunks = columns.with_min_len(COLUMNS_A_CORE).map(|((mut writer, column), field)| {
            for leaf in compute_leaves(field, column)? {
                writer.write(&leaf)?;
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

    /// The file, even when it has no rows.
    pub fn close(self, now_ms: i64) -> Result<Encoded> {
        Ok(Encoded { bytes: Bytes::from(self.writer.into_inner()?), stats: self.stats, created_ms: now_ms })
    }
}

impl fmt::Debug for WideEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WideEncoder").field("groups", &self.groups).field("stats", &self.stats).finish_non_exhaustive()
    }
}
