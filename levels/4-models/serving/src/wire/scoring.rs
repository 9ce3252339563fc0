//! `MLflow`'s scoring protocol (`mlflow/pyfunc/scoring_server`).

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::scoring::Cell;

/// Exactly one of the four forms; `params` and other keys are ignored, as `MLflow` does for a model without parameters.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ScoringRequest {
    /// Names once, then rows: what pandas' `to_dict("split")` gives.
    pub(crate) dataframe_split: Option<Split>,
    /// One object a row.
    #[schema(value_type = Option<Vec<BTreeMap<String, Option<f64>>>>)]
    pub(crate) dataframe_records: Option<Vec<BTreeMap<String, Cell>>>,
    /// One object a row.
    #[schema(value_type = Option<Vec<BTreeMap<String, Option<f64>>>>)]
    pub(crate) instances: Option<Vec<BTreeMap<String, Cell>>>,
    /// One list a column.
    #[schema(value_type = Option<BTreeMap<String, Vec<Option<f64>>>>)]
    pub(crate) inputs: Option<BTreeMap<String, Vec<Cell>>>,
}

/// Names once, then rows.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Split {
    /// The names of the columns, in any order.
    pub(crate) columns: Vec<String>,
    /// The rows, each as wide as `columns`; null is a missing value.
    #[schema(value_type = Vec<Vec<Option<f64>>>)]
    pub(crate) data: Vec<Vec<Cell>>,
    /// The names of the rows; ignored.
    #[expect(dead_code, reason = "taken so that it can be ignored by name")]
    #[schema(value_type = Option<Vec<f64>>)]
    pub(crate) index: Option<IgnoredAny>,
}

/// One calibrated probability a row, in the order of the rows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Predictions {
    /// The probabilities.
    pub(crate) predictions: Vec<f32>,
}

/// An error as `MLflow` tells it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoringError {
    /// A code, for programs.
    #[schema(example = "BAD_REQUEST")]
    pub(crate) error_code: &'static str,
    /// What was wrong and what to do about it.
    pub(crate) message: String,
}
