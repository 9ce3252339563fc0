//! The table `features`: a vector for every patient and hour.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float32Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use strata_features::{FEATURES, Vector};
use strata_lakehouse::{Packing, TableSpec};
use strata_types::Timestamp;

/// Patient, time, label (null where there is none), and the features in their order.
pub static FEATURES_TABLE: TableSpec =
    TableSpec { name: "features", schema, key: &["patient_id", "time"], by_date: true, packing: Packing::Fast };

/// One row to be.
#[derive(Clone, Debug)]
pub(crate) struct FeatureRow {
    pub(crate) patient: Arc<str>,
    pub(crate) time: Timestamp,
    pub(crate) label: Option<bool>,
    pub(crate) vector: Vector,
}

fn schema() -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut fields = vec![
        Field::new("patient_id", DataType::Utf8, true),
        Field::new("time", time, true),
        Field::new("label", DataType::Boolean, true),
    ];
    fields.extend(feature_fields());
    Arc::new(Schema::new(fields))
}

/// The fields of the features, in their order.
pub(crate) fn feature_fields() -> impl Iterator<Item = Field> {
    FEATURES.iter().map(|feature| Field::new(feature.name, DataType::Float32, true))
}

/// The columns of the features of many vectors; NaN becomes null.
pub(crate) fn feature_columns<'a>(vectors: &(impl Iterator<Item = &'a Vector> + Clone)) -> Vec<ArrayRef> {
    let column = |index: usize| {
        let values = vectors.clone().map(move |vector| Some(vector[index]).filter(|value| !value.is_nan()));
        Arc::new(values.collect::<Float32Array>()) as ArrayRef
    };
    (0..FEATURES.len()).map(column).collect()
}

pub(crate) fn batch(rows: &[FeatureRow]) -> Result<RecordBatch, ArrowError> {
    let times = rows.iter().map(|row| Some(row.time.0)).collect::<TimestampMicrosecondArray>();
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| Some(&*row.patient)).collect::<StringArray>()),
        Arc::new(times.with_timezone("UTC")),
        Arc::new(rows.iter().map(|row| row.label).collect::<BooleanArray>()),
    ];
    columns.extend(feature_columns(&rows.iter().map(|row| &row.vector)));
    RecordBatch::try_new(schema(), columns)
}
