//! The rows of a MEDS data file.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use strata_types::Timestamp;

use crate::Error;

/// A row: something that happened to a subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(crate) subject_id: i64,
    /// `None` for what holds at all times.
    pub(crate) time: Option<Timestamp>,
    pub(crate) code: &'a str,
    pub(crate) value: Option<f64>,
    pub(crate) text: Option<&'a str>,
    /// Its number in the file, from 1.
    pub(crate) number: u64,
}

/// The columns that are read. `value` is `numeric_value` in files from before the standard's names settled.
const COLUMNS: [&str; 6] = ["subject_id", "time", "code", "numeric_value", "value", "text_value"];

/// Gives each row of a file, in order.
pub(crate) fn each_row(path: &Path, give: &mut dyn FnMut(Row<'_>) -> Result<(), Error>) -> Result<(), Error> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Error::input(path, format!("no readable Parquet file ({error}): it is cut short, damaged or of another kind"))
    };
    let file = File::open(path).map_err(|error| Error::input(path, format!("cannot be read: {error}")))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| unreadable(&error))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let missing: Vec<&str> = COLUMNS[..3].iter().copied().filter(|name| !names.iter().any(|n| n == name)).collect();
    if !missing.is_empty() {
        let reason = format!("no MEDS data: columns {} are missing; it has {}", missing.join(", "), names.join(", "));
        return Err(Error::input(path, reason));
    }
    let places = (0..names.len()).filter(|place| COLUMNS.contains(&names[*place].as_str()));
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let reader = builder.with_projection(mask).build().map_err(|error| unreadable(&error))?;
    let mut number = 0;
    for batch in reader {
        let batch = batch.map_err(|error| {
            Error::damaged(
                &path.display().to_string(),
                number + 1,
                format!("the rows from here cannot be read: {error}"),
            )
        })?;
        number = rows_of(path, &batch, number, give)?;
    }
    Ok(())
}

fn rows_of(
    path: &Path,
    batch: &RecordBatch,
    mut number: u64,
    give: &mut dyn FnMut(Row<'_>) -> Result<(), Error>,
) -> Result<u64, Error> {
    let file = path.display().to_string();
    let column = |name: &str, kind: &DataType| -> Result<Option<ArrayRef>, Error> {
        let Some(array) = batch.column_by_name(name) else { return Ok(None) };
        let wrong =
            |error| Error::input(path, format!("column `{name}` is {}, not {kind}: {error}", array.data_type()));
        cast(array, kind).map(Some).map_err(wrong)
    };
    let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
    let (subject, time, code) =
        (column("subject_id", &DataType::Int64)?, column("time", &micros)?, column("code", &DataType::Utf8)?);
    let values = ["numeric_value", "value"].into_iter().find_map(|name| batch.column_by_name(name));
    let values = values.map(Numbers::of).transpose().map_err(|reason| Error::input(path, reason))?;
    let texts = column("text_value", &DataType::Utf8)?;
    let (Some(subject), Some(time), Some(code)) = (subject, time, code) else { return Ok(number) };
    let (subject, time) = (subject.as_primitive::<Int64Type>(), time.as_primitive::<TimestampMicrosecondType>());
    let code = code.as_string::<i32>();
    let texts = texts.as_ref().map(AsArray::as_string::<i32>);
    for row in 0..batch.num_rows() {
        number += 1;
        if subject.is_null(row) || code.is_null(row) {
            return Err(Error::damaged(&file, number, "the row has no subject_id or no code"));
        }
        give(Row {
            subject_id: subject.value(row),
            time: time.is_valid(row).then(|| Timestamp(time.value(row))),
            code: code.value(row),
            value: values.as_ref().and_then(|values| values.at(row)),
            text: texts.filter(|texts| texts.is_valid(row)).map(|texts| texts.value(row)),
            number,
        })?;
    }
    Ok(number)
}

/// A column of numbers. What is stored in 32 bits is given as the shortest decimal that is stored so:
/// 98.4 and not 98.400002.
enum Numbers {
    Single(ArrayRef),
    Double(ArrayRef),
}

impl Numbers {
    fn of(array: &ArrayRef) -> Result<Self, String> {
        if *array.data_type() == DataType::Float32 {
            return Ok(Self::Single(ArrayRef::clone(array)));
        }
        let double = cast(array, &DataType::Float64);
        double.map(Self::Double).map_err(|error| format!("the column of values holds no numbers: {error}"))
    }

    fn at(&self, row: usize) -> Option<f64> {
        match self {
            Self::Single(array) => {
                let array = array.as_primitive::<Float32Type>();
                array.is_valid(row).then(|| array.value(row).to_string().parse().unwrap_or(f64::NAN))
            }
            Self::Double(array) => {
                let array = array.as_primitive::<Float64Type>();
                array.is_valid(row).then(|| array.value(row))
            }
        }
    }
}
