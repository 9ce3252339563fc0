//! The table `features`: a vector for every patient and hour.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float32Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use rayon::prelude::*;
use strata_features::{FEATURE_COUNT, FEATURES, Feature, Vector};
use strata_lakehouse::{Packing, TableSpec};
use strata_types::Timestamp;

/// Patient, time, label (null where there is none), and the features in their order.
pub static FEATURES_TABLE: TableSpec =
    TableSpec { name: "features", schema, key: &["patient_id", "time"], by_date: true, packing: Packing::Fast };

/// What a row has beside its vector.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    pub(crate) patient: &'a str,
    pub(crate) time: Timestamp,
    pub(crate) label: Option<bool>,
}

/// The table's columns, and what each feature is.
fn schema() -> SchemaRef {
    columns_of(FEATURES.iter().zip(feature_fields()).map(|(feature, field)| field.with_metadata(said_of(feature))))
}

/// What a column of the Delta table says of its feature. Engines show `comment` beside a column.
fn said_of(feature: &Feature) -> HashMap<String, String> {
    let mut said = HashMap::from([("comment", feature.description.to_owned()), ("unit", feature.unit.to_owned())]);
    if let Some(hours) = feature.window_hours {
        said.insert("window_hours", hours.to_string());
    }
    said.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn columns_of(features: impl Iterator<Item = Field>) -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut fields = vec![
        Field::new("patient_id", DataType::Utf8, true),
        Field::new("time", time, true),
        Field::new("label", DataType::Boolean, true),
    ];
    fields.extend(features);
    Arc::new(Schema::new(fields))
}

/// The fields of the features, in their order.
pub(crate) fn feature_fields() -> impl Iterator<Item = Field> {
    FEATURES.iter().map(|feature| Field::new(feature.name, DataType::Float32, true))
}

/// Rows that are turned to columns at once: they stay in the nearest cache, and are one word of a bitmap.
const TILE: usize = 64;

/// Columns that a core fills at least: a line of the cache of each vector.
const LEAST_COLUMNS: usize = 16;

/// The columns of the features of many vectors; NaN becomes null.
pub(crate) fn feature_columns(vectors: &[&Vector]) -> Vec<ArrayRef> {
    // As many as there are for each core: a vector lies far from the next, and is fetched as often as there are parts.
    let many = FEATURE_COUNT.div_ceil(rayon::current_num_threads()).max(LEAST_COLUMNS);
    let firsts: Vec<usize> = (0..FEATURE_COUNT).step_by(many).collect();
    let some = |first: usize| columns(vectors, first..FEATURE_COUNT.min(first + many));
    firsts.into_par_iter().flat_map_iter(some).collect()
}

/// Some of the columns.
fn columns(vectors: &[&Vector], which: Range<usize>) -> impl Iterator<Item = ArrayRef> {
    let words = vectors.len().div_ceil(TILE);
    let mut values: Vec<Vec<f32>> = which.clone().map(|_| Vec::with_capacity(vectors.len())).collect();
    let mut known: Vec<Vec<u64>> = which.clone().map(|_| Vec::with_capacity(words)).collect();
    for tile in vectors.chunks(TILE) {
        for (index, (values, known)) in which.clone().zip(values.iter_mut().zip(&mut known)) {
            let mut lane = [f32::NAN; TILE];
            for (slot, vector) in lane.iter_mut().zip(tile) {
                *slot = vector[index];
            }
            known.push(known_of(&lane));
            values.extend_from_slice(&lane[..tile.len()]);
        }
    }
    let column = |(values, known): (Vec<f32>, Vec<u64>)| {
        let nulls = NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(known), 0, values.len()));
        let nulls = Some(nulls).filter(|nulls| nulls.null_count() > 0);
        Arc::new(Float32Array::new(ScalarBuffer::from(values), nulls)) as ArrayRef
    };
    values.into_iter().zip(known).map(column)
}

/// Which of the values are not NaN, a bit each. Most often all are, or none: that is found out for many at a time.
fn known_of(lane: &[f32; TILE]) -> u64 {
    let nulls = lane.iter().map(|value| u32::from(value.is_nan())).sum::<u32>() as usize;
    match nulls {
        0 => u64::MAX,
        TILE => 0,
        _ => lane.iter().rev().fold(0, |word, value| word << 1 | u64::from(!value.is_nan())),
    }
}

pub(crate) fn batch(keys: &[Key<'_>], vectors: &[&Vector]) -> Result<RecordBatch, ArrowError> {
    let times = keys.iter().map(|key| key.time.0).collect::<Vec<_>>();
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(keys.iter().map(|key| key.patient))),
        Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")),
        Arc::new(keys.iter().map(|key| key.label).collect::<BooleanArray>()),
    ];
    columns.extend(feature_columns(vectors));
    RecordBatch::try_new(columns_of(feature_fields()), columns)
}
