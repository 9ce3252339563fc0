//! A logged model: its row, and its form on the wire.

use serde_json::{Map, Value, json};
use strata_database::{AnyRow, Row, SqlError};

use super::status::Status;

/// The columns that [`Model::of`] reads, of `logged_models m`.
pub(crate) const COLUMNS: &str = "m.id, m.experiment_id, m.name, m.artifact_uri, m.created_at, m.updated_at, m.status, \
                                  m.status_message, m.model_type, m.source_run_id";

/// With all that hangs on it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) experiment_id: i64,
    pub(crate) name: String,
    pub(crate) artifact_uri: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) status: Status,
    pub(crate) status_message: Option<String>,
    pub(crate) kind: String,
    pub(crate) source_run_id: String,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) metrics: Vec<Metric>,
}

/// A measurement of a model, by a run, perhaps on a dataset.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metric {
    pub(crate) model_id: String,
    pub(crate) key: String,
    pub(crate) value: f64,
    pub(crate) timestamp: i64,
    pub(crate) step: i64,
    pub(crate) run_id: String,
    pub(crate) dataset: Option<(String, String)>,
}

impl Model {
    pub(crate) fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get(0)?,
            experiment_id: row.try_get(1)?,
            name: row.try_get(2)?,
            artifact_uri: row.try_get(3)?,
            created_at: row.try_get(4)?,
            updated_at: row.try_get(5)?,
            status: Status::of_number(row.try_get(6)?).unwrap_or(Status::Unspecified),
            status_message: row.try_get(7)?,
            kind: row.try_get(8)?,
            source_run_id: row.try_get(9)?,
            tags: Vec::new(),
            params: Vec::new(),
            metrics: Vec::new(),
        })
    }

    /// Its form on the wire. Python's side sets every text that it has, so the empty ones are there too.
    pub(crate) fn to_json(&self) -> Value {
        let mut info = json!({
            "model_id": self.id,
            "experiment_id": self.experiment_id.to_string(),
            "name": self.name,
            "creation_timestamp_ms": self.created_at,
            "last_updated_timestamp_ms": self.updated_at,
            "artifact_uri": self.artifact_uri,
            "status": self.status.name(),
            "model_type": self.kind,
            "source_run_id": self.source_run_id,
        });
        if let Some(message) = &self.status_message {
            info["status_message"] = message.clone().into();
        }
        if !self.tags.is_empty() {
            info["tags"] = pairs(&self.tags);
        }
        let mut data = Map::new();
        if !self.params.is_empty() {
            data.insert("params".to_owned(), pairs(&self.params));
        }
        if !self.metrics.is_empty() {
            data.insert("metrics".to_owned(), self.metrics.iter().map(Metric::to_json).collect());
        }
        json!({ "info": info, "data": data })
    }
}

impl Metric {
    fn to_json(&self) -> Value {
        let mut metric = json!({
            "key": self.key,
            "value": self.value,
            "timestamp": self.timestamp,
            "step": self.step,
            "model_id": self.model_id,
            "run_id": self.run_id,
        });
        if self.value.is_nan() {
            metric["value"] = "NaN".into();
        }
        if let Some((name, digest)) = &self.dataset {
            metric["dataset_name"] = name.clone().into();
            metric["dataset_digest"] = digest.clone().into();
        }
        metric
    }
}

fn pairs(pairs: &[(String, String)]) -> Value {
    pairs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}
