//! Partitions as rows: what crosses between driver and executors has the same columns for every job.
//!
//! A partition is the bytes of its batches as an Arrow stream, cut into rows that fit into a message. A partition of which a
//! row is missing is not there at all.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray, BinaryArray, UInt32Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt32Type};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use arrow::record_batch::RecordBatch;

use super::Partition;

/// Bytes of a row at most. A message takes 16 MiB.
const ROW: usize = 4 << 20;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let number = |name| Field::new(name, DataType::UInt32, false);
    Arc::new(Schema::new(vec![
        number("partition"),
        number("row"),
        number("rows"),
        Field::new("bytes", DataType::Binary, false),
    ]))
});

pub(super) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// A partition's rows, each a batch of its own.
pub(super) fn pack(partition: u32, batches: &[RecordBatch]) -> Result<Vec<RecordBatch>, ArrowError> {
    let mut bytes = Vec::new();
    if let Some(first) = batches.first() {
        let mut writer = StreamWriter::try_new(&mut bytes, &first.schema())?;
        batches.iter().try_for_each(|batch| writer.write(batch))?;
        writer.finish()?;
    }
    // What is empty is a row all the same.
    let rows: Vec<&[u8]> = if bytes.is_empty() { vec![&[]] } else { bytes.chunks(ROW).collect() };
    let row = |(at, bytes): (usize, &&[u8])| {
        let number = |number: u32| Arc::new(UInt32Array::from(vec![number])) as ArrayRef;
        let bytes = Arc::new(BinaryArray::from_vec(vec![*bytes]));
        RecordBatch::try_new(schema(), vec![number(partition), number(at as u32), number(rows.len() as u32), bytes])
    };
    rows.iter().enumerate().map(row).collect()
}

/// The partitions whose rows are all there, by their numbers.
pub(super) fn unpack(rows: &[RecordBatch]) -> Result<BTreeMap<u32, Partition>, ArrowError> {
    let mut found: BTreeMap<u32, (u32, BTreeMap<u32, &[u8]>)> = BTreeMap::new();
    for batch in rows {
        let number = |column: usize| {
            let numbers = batch.column(column).as_primitive_opt::<UInt32Type>();
            numbers.ok_or_else(|| ArrowError::SchemaError("a parcel's column is no number".into()))
        };
        let (partitions, places, counts) = (number(0)?, number(1)?, number(2)?);
        let bytes = batch.column(3).as_binary_opt::<i32>();
        let bytes = bytes.ok_or_else(|| ArrowError::SchemaError("a parcel's column is no bytes".into()))?;
        for row in 0..batch.num_rows() {
            let (count, parts) = found.entry(partitions.value(row)).or_default();
            *count = counts.value(row);
            parts.insert(places.value(row), bytes.value(row));
        }
    }
    let whole = found.into_iter().filter(|(_, (count, parts))| parts.len() == *count as usize);
    whole
        .map(|(partition, (_, parts))| Ok((partition, open(&parts.into_values().collect::<Vec<_>>().concat())?)))
        .collect()
}

fn open(bytes: &[u8]) -> Result<Partition, ArrowError> {
    if bytes.is_empty() { Ok(Vec::new()) } else { StreamReader::try_new(bytes, None)?.collect() }
}
