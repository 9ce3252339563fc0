//! Rows to columns: a table's columns are one list, each with its name and how a row gives it.

use std::borrow::Borrow;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use strata_types::Timestamp;

/// A column of a table whose rows are `R`.
#[derive(Debug)]
pub(crate) struct Column<R> {
    name: &'static str,
    get: Get<R>,
}

#[derive(Debug)]
enum Get<R> {
    Text(fn(&R) -> Option<&str>),
    Float(fn(&R) -> Option<f64>),
    Flag(fn(&R) -> Option<bool>),
    Int(fn(&R) -> Option<i32>),
    Long(fn(&R) -> Option<i64>),
    Time(fn(&R) -> Option<Timestamp>),
}

impl<R> Column<R> {
    pub(crate) const fn text(name: &'static str, get: fn(&R) -> Option<&str>) -> Self {
        Self { name, get: Get::Text(get) }
    }

    pub(crate) const fn float(name: &'static str, get: fn(&R) -> Option<f64>) -> Self {
        Self { name, get: Get::Float(get) }
    }

    pub(crate) const fn flag(name: &'static str, get: fn(&R) -> Option<bool>) -> Self {
        Self { name, get: Get::Flag(get) }
    }

    pub(crate) const fn int(name: &'static str, get: fn(&R) -> Option<i32>) -> Self {
        Self { name, get: Get::Int(get) }
    }

    pub(crate) const fn long(name: &'static str, get: fn(&R) -> Option<i64>) -> Self {
        Self { name, get: Get::Long(get) }
    }

    pub(crate) const fn time(name: &'static str, get: fn(&R) -> Option<Timestamp>) -> Self {
        Self { name, get: Get::Time(get) }
    }

    fn data_type(&self) -> DataType {
        match self.get {
            Get::Text(_) => DataType::Utf8,
            Get::Float(_) => DataType::Float64,
            Get::Flag(_) => DataType::Boolean,
            Get::Int(_) => DataType::Int32,
            Get::Long(_) => DataType::Int64,
            Get::Time(_) => time_type(),
        }
    }

    fn array<B: Borrow<R>>(&self, rows: &[B]) -> ArrayRef {
        let rows = || rows.iter().map(Borrow::borrow);
        match self.get {
            Get::Text(get) => Arc::new(rows().map(get).collect::<StringArray>()),
            Get::Float(get) => Arc::new(rows().map(get).collect::<Float64Array>()),
            Get::Flag(get) => Arc::new(rows().map(get).collect::<BooleanArray>()),
            Get::Int(get) => Arc::new(rows().map(get).collect::<Int32Array>()),
            Get::Long(get) => Arc::new(rows().map(get).collect::<Int64Array>()),
            Get::Time(get) => {
                let times = rows().map(|row| get(row).map(|time| time.0));
                Arc::new(times.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
            }
        }
    }
}

/// UTC microseconds.
pub(crate) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The Arrow schema of a list of columns.
pub(crate) fn schema<R>(columns: &[Column<R>]) -> SchemaRef {
    let fields = columns.iter().map(|column| Field::new(column.name, column.data_type(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Rows as a batch.
pub(crate) fn batch<R, B: Borrow<R>>(columns: &[Column<R>], rows: &[B]) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(schema(columns), columns.iter().map(|column| column.array(rows)).collect())
}
