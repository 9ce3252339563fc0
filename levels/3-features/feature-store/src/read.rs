//! Columns of a batch by name and type.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type, TimestampMicrosecondType};
use arrow::error::ArrowError;
use strata_types::Timestamp;

/// One column, read row by row; `None` is null.
#[derive(Debug)]
pub(crate) struct Column(ArrayRef);

pub(crate) fn column(batch: &RecordBatch, name: &str) -> Result<Column, ArrowError> {
    let array = batch.column_by_name(name).cloned();
    array.map(Column).ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))
}

impl Column {
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        self.0.is_valid(row).then(|| self.0.as_string::<i32>().value(row))
    }

    pub(crate) fn float(&self, row: usize) -> Option<f64> {
        self.0.is_valid(row).then(|| self.0.as_primitive::<Float64Type>().value(row))
    }

    pub(crate) fn int(&self, row: usize) -> Option<i32> {
        self.0.is_valid(row).then(|| self.0.as_primitive::<Int32Type>().value(row))
    }

    pub(crate) fn flag(&self, row: usize) -> Option<bool> {
        self.0.is_valid(row).then(|| self.0.as_boolean().value(row))
    }

    pub(crate) fn time(&self, row: usize) -> Option<Timestamp> {
        self.0.is_valid(row).then(|| Timestamp(self.0.as_primitive::<TimestampMicrosecondType>().value(row)))
    }
}
