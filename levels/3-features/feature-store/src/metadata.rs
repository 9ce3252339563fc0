//! Tables about the features: what each is, and what its values look like. SQL sees them as it sees any table.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use strata_features::{FEATURES, Profile, feature_set};
use strata_lakehouse::{Packing, TableSpec};

/// Every feature of every version of the definitions that this lake has seen.
pub static DEFINITIONS_TABLE: TableSpec = TableSpec {
    name: "feature_definitions",
    schema: || Arc::new(Schema::new(columns_of(&DEFINITION_COLUMNS))),
    key: &["feature_set", "number"],
    by_date: false,
    packing: Packing::Small,
};

/// What the values of each feature look like, for every version of the table of features.
pub static PROFILES_TABLE: TableSpec = TableSpec {
    name: "feature_profiles",
    schema: || Arc::new(Schema::new(columns_of(&PROFILE_COLUMNS))),
    key: &["version", "feature"],
    by_date: false,
    packing: Packing::Small,
};

/// How many values are where: the reference that drift is measured against.
pub static BINS_TABLE: TableSpec = TableSpec {
    name: "feature_bins",
    schema: || Arc::new(Schema::new(columns_of(&BIN_COLUMNS))),
    key: &["version", "feature", "low"],
    by_date: false,
    packing: Packing::Small,
};

/// The shares below which the quantiles of a profile lie; what is in between is in its bins.
pub const QUANTILES: [(&str, f64); 7] =
    [("p01", 0.01), ("p05", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95), ("p99", 0.99)];

const DEFINITION_COLUMNS: [(&str, DataType); 8] = [
    ("feature_set", DataType::Utf8),
    ("number", DataType::Int32),
    ("feature", DataType::Utf8),
    ("kind", DataType::Utf8),
    ("window_hours", DataType::Float64),
    ("unit", DataType::Utf8),
    ("sources", DataType::Utf8),
    ("description", DataType::Utf8),
];

const PROFILE_COLUMNS: [(&str, DataType); 16] = [
    ("version", DataType::Int64),
    ("feature_set", DataType::Utf8),
    ("feature", DataType::Utf8),
    ("count", DataType::Int64),
    ("nulls", DataType::Int64),
    ("mean", DataType::Float64),
    ("std", DataType::Float64),
    ("min", DataType::Float64),
    ("max", DataType::Float64),
    (QUANTILES[0].0, DataType::Float64),
    (QUANTILES[1].0, DataType::Float64),
    (QUANTILES[2].0, DataType::Float64),
    (QUANTILES[3].0, DataType::Float64),
    (QUANTILES[4].0, DataType::Float64),
    (QUANTILES[5].0, DataType::Float64),
    (QUANTILES[6].0, DataType::Float64),
];

const BIN_COLUMNS: [(&str, DataType); 5] = [
    ("version", DataType::Int64),
    ("feature", DataType::Utf8),
    ("low", DataType::Float64),
    ("high", DataType::Float64),
    ("count", DataType::Int64),
];

fn columns_of(columns: &[(&str, DataType)]) -> Vec<Field> {
    columns.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect()
}

/// The features as they are defined now.
pub(crate) fn definitions() -> Result<RecordBatch, ArrowError> {
    let text = |of: &dyn Fn(&strata_features::Feature) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(FEATURES.iter().map(of)))
    };
    let set = feature_set();
    let columns = vec![
        text(&|_| set.clone()),
        Arc::new(FEATURES.iter().map(|feature| Some(i32::from(feature.number))).collect::<Int32Array>()),
        text(&|feature| feature.name.to_owned()),
        text(&|feature| feature.group.name().to_owned()),
        Arc::new(FEATURES.iter().map(|feature| feature.window_hours).collect::<Float64Array>()),
        text(&|feature| feature.unit.to_owned()),
        text(&|feature| feature.sources.join(", ")),
        text(&|feature| feature.description.to_owned()),
    ];
    RecordBatch::try_new(spec_schema(&DEFINITIONS_TABLE), columns)
}

/// The profiles of one version of the table, in the order of the features' names, and their bins.
pub(crate) fn profiles(version: u64, profiles: &[Profile]) -> Result<(RecordBatch, RecordBatch), ArrowError> {
    let mut of: Vec<(&str, &Profile)> = FEATURES.iter().map(|feature| feature.name).zip(profiles).collect();
    of.sort_unstable_by_key(|(name, _)| *name);
    let number = |value: &dyn Fn(&Profile) -> Option<f64>| -> ArrayRef {
        Arc::new(of.iter().map(|(_, profile)| value(profile)).collect::<Float64Array>())
    };
    let count = |value: &dyn Fn(&Profile) -> u64| -> ArrayRef {
        Arc::new(of.iter().map(|(_, profile)| Some(value(profile) as i64)).collect::<Int64Array>())
    };
    let mut columns = vec![
        count(&|_| version),
        Arc::new(StringArray::from_iter_values(of.iter().map(|_| feature_set()))),
        Arc::new(StringArray::from_iter_values(of.iter().map(|(name, _)| name))),
        count(&Profile::count),
        count(&Profile::nulls),
        number(&Profile::mean),
        number(&Profile::std),
        number(&|profile| profile.min().map(f64::from)),
        number(&|profile| profile.max().map(f64::from)),
    ];
    columns.extend(QUANTILES.map(|(_, share)| number(&|profile| profile.quantile(share).map(f64::from))));
    let summaries = RecordBatch::try_new(spec_schema(&PROFILES_TABLE), columns)?;

    let bins: Vec<_> = of.iter().flat_map(|(name, profile)| profile.bins().map(move |bin| (*name, bin))).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(bins.iter().map(|_| Some(version as i64)).collect::<Int64Array>()),
        Arc::new(StringArray::from_iter_values(bins.iter().map(|(name, _)| name))),
        Arc::new(bins.iter().map(|(_, bin)| Some(f64::from(bin.low))).collect::<Float64Array>()),
        Arc::new(bins.iter().map(|(_, bin)| Some(f64::from(bin.high))).collect::<Float64Array>()),
        Arc::new(bins.iter().map(|(_, bin)| Some(bin.count as i64)).collect::<Int64Array>()),
    ];
    Ok((summaries, RecordBatch::try_new(spec_schema(&BINS_TABLE), columns)?))
}

fn spec_schema(spec: &TableSpec) -> SchemaRef {
    (spec.schema)()
}
