//! Small values as rows, a line of JSON each: how a job is told what to do, and tells what it did.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Failure, Partition};

/// A partition of a row for each value.
pub fn tell<T: Serialize>(values: impl IntoIterator<Item = T>) -> Result<Partition, Failure> {
    let lines = values.into_iter().map(|value| serde_json::to_string(&value)).collect::<Result<Vec<_>, _>>()?;
    let column: ArrayRef = Arc::new(StringArray::from(lines));
    Ok(vec![RecordBatch::try_from_iter([("value", column)])?])
}

/// The values of a partition.
pub fn hear<T: DeserializeOwned>(partition: &[RecordBatch]) -> Result<Vec<T>, Failure> {
    let mut values = Vec::new();
    for batch in partition {
        let lines = batch.column_by_name("value").and_then(|column| column.as_string_opt::<i32>());
        let lines = lines.ok_or("a partition of told values has no column `value`")?;
        for line in lines.iter().flatten() {
            values.push(serde_json::from_str(line)?);
        }
    }
    Ok(values)
}
