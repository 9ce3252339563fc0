//! Columns of a batch by name and type.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int32Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Float64Type, Int32Type, TimeUnit, TimestampMicrosecondType};
use arrow::error::ArrowError;
use strata_types::Timestamp;

/// A column of a batch; `None` where there is none of this name.
fn array<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ArrowError> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("no column `{name}`")))
}

fn unexpected(name: &str, array: &ArrayRef) -> ArrowError {
    ArrowError::SchemaError(format!("column `{name}` is of type {}", array.data_type()))
}

/// Numbers; `None` is null.
#[derive(Debug)]
pub(crate) struct Floats(Float64Array);

impl Floats {
    pub(crate) fn of(batch: &RecordBatch, name: &str) -> Result<Self, ArrowError> {
        let array = array(batch, name)?;
        array.as_primitive_opt::<Float64Type>().cloned().map(Self).ok_or_else(|| unexpected(name, array))
    }

    pub(crate) fn get(&self, row: usize) -> Option<f64> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }

    /// The number; NaN is null.
    pub(crate) fn or_nan(&self, row: usize) -> f64 {
        if self.0.is_valid(row) { self.0.value(row) } else { f64::NAN }
    }
}

/// Whole numbers; `None` is null.
#[derive(Debug)]
pub(crate) struct Ints(Int32Array);

impl Ints {
    pub(crate) fn of(batch: &RecordBatch, name: &str) -> Result<Self, ArrowError> {
        let array = array(batch, name)?;
        array.as_primitive_opt::<Int32Type>().cloned().map(Self).ok_or_else(|| unexpected(name, array))
    }

    pub(crate) fn get(&self, row: usize) -> Option<i32> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
}

/// Yes or no; `None` is null.
#[derive(Debug)]
pub(crate) struct Flags(BooleanArray);

impl Flags {
    pub(crate) fn of(batch: &RecordBatch, name: &str) -> Result<Self, ArrowError> {
        let array = array(batch, name)?;
        array.as_boolean_opt().cloned().map(Self).ok_or_else(|| unexpected(name, array))
    }

    pub(crate) fn get(&self, row: usize) -> Option<bool> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }
}

/// Times; `None` is null.
#[derive(Debug)]
pub(crate) struct Times(TimestampMicrosecondArray);

impl Times {
    /// Of any resolution and zone; a time without zone is UTC.
    pub(crate) fn of(batch: &RecordBatch, name: &str) -> Result<Self, ArrowError> {
        let array = array(batch, name)?;
        match array.data_type() {
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                Ok(Self(array.as_primitive::<TimestampMicrosecondType>().clone()))
            }
            DataType::Timestamp(_, _) => {
                let array = arrow::compute::cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
                Ok(Self(array.as_primitive::<TimestampMicrosecondType>().clone()))
            }
            _ => Err(unexpected(name, array)),
        }
    }

    pub(crate) fn get(&self, row: usize) -> Option<Timestamp> {
        self.0.is_valid(row).then(|| Timestamp(self.0.value(row)))
    }
}

/// Words that repeat, each looked at once.
#[derive(Debug)]
pub(crate) struct Words<T> {
    /// Of each row, its word; of a null, none.
    keys: Int32Array,
    meanings: Vec<T>,
}

impl<T> Words<T> {
    /// The words of a column, and what each means.
    pub(crate) fn of(batch: &RecordBatch, name: &str, meaning: impl Fn(&str) -> T) -> Result<Self, ArrowError> {
        let (keys, words) = words(batch, name)?;
        let meanings = (0..words.len()).map(|i| if words.is_valid(i) { meaning(words.value(i)) } else { meaning("") });
        Ok(Self { keys, meanings: meanings.collect() })
    }

    pub(crate) fn get(&self, row: usize) -> Option<&T> {
        if self.keys.is_valid(row) { self.meanings.get(self.keys.value(row) as usize) } else { None }
    }
}

/// A text column as keys and words.
fn words(batch: &RecordBatch, name: &str) -> Result<(Int32Array, StringArray), ArrowError> {
    let array = array(batch, name)?;
    let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let array = if *array.data_type() == kind { ArrayRef::clone(array) } else { arrow::compute::cast(array, &kind)? };
    let words = array.as_dictionary::<Int32Type>();
    Ok((words.keys().clone(), words.values().as_string::<i32>().clone()))
}

/// Rows that follow each other and are of one patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) patient: String,
    pub(crate) rows: std::ops::Range<usize>,
}

/// The runs of a batch, in their order; rows without a patient are in none.
pub(crate) fn runs(batch: &RecordBatch) -> Result<Vec<Run>, ArrowError> {
    let (keys, words) = words(batch, "patient_id")?;
    let mut runs: Vec<Run> = Vec::new();
    let mut row = 0;
    while row < keys.len() {
        let start = row;
        if !keys.is_valid(row) {
            row += 1;
            continue;
        }
        let key = keys.value(row);
        while row < keys.len() && keys.is_valid(row) && keys.value(row) == key {
            row += 1;
        }
        runs.push(Run { patient: words.value(key as usize).to_owned(), rows: start..row });
    }
    Ok(runs)
}
