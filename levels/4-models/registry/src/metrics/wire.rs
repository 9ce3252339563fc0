//! Points in MLflow's JSON.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::point::Point;

/// `Metric`, or `MetricWithRunId` where a run is named.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured<'a> {
    pub(super) key: &'a str,
    pub(super) run_id: Option<&'a str>,
    pub(super) point: Point,
}

impl Serialize for Measured<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Point { timestamp, step, .. } = self.point;
        let mut fields = serializer.serialize_struct("Metric", 5)?;
        fields.serialize_field("key", self.key)?;
        match self.point.number() {
            Some(value) => fields.serialize_field("value", &value)?,
            None => fields.serialize_field("value", "NaN")?,
        }
        fields.serialize_field("timestamp", &timestamp)?;
        fields.serialize_field("step", &step)?;
        if let Some(run_id) = self.run_id {
            fields.serialize_field("run_id", run_id)?;
        }
        fields.end()
    }
}

/// A page of them.
#[derive(Debug, Serialize)]
pub(super) struct Page<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) metrics: Vec<Measured<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_page_token: Option<String>,
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
