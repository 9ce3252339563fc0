//! One issue, and its form on the wire.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use strata_database::{AnyRow, Row, SqlError};

/// The columns that [`Issue::of`] reads, of `issues i`.
pub(super) const COLUMNS: &str = "i.id, i.experiment_id, i.name, i.status, i.severity, i.source_run_id, i.categories, \
                                  i.created_at, i.updated_at, i.seen_at, i.created_by, i.updated_by, i.description, \
                                  i.root_causes, i.metadata";
/// The same, without what may be long.
pub(super) const BASIC: &str = "i.id, i.experiment_id, i.name, i.status, i.severity, i.source_run_id, i.categories, \
                                i.created_at, i.updated_at, i.seen_at, i.created_by, i.updated_by, '', '[]', '{}'";
/// How many they are.
pub(super) const WIDTH: usize = 15;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Issue {
    pub(super) id: String,
    pub(super) experiment_id: i64,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) status: String,
    pub(super) severity: Option<String>,
    pub(super) root_causes: Vec<String>,
    /// The run that found it.
    pub(super) source_run_id: Option<String>,
    pub(super) categories: Vec<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    /// When it was last seen in a trace; it only grows.
    pub(super) seen_at: i64,
    pub(super) created_by: Option<String>,
    pub(super) updated_by: Option<String>,
}

impl Issue {
    pub(super) fn of(row: &AnyRow) -> Result<Self, SqlError> {
        let list = |text: String| serde_json::from_str(&text).unwrap_or_default();
        let metadata: String = row.try_get(14)?;
        Ok(Self {
            id: row.try_get(0)?,
            experiment_id: row.try_get(1)?,
            name: row.try_get(2)?,
            status: row.try_get(3)?,
            severity: row.try_get(4)?,
            source_run_id: row.try_get(5)?,
            categories: list(row.try_get(6)?),
            created_at: row.try_get(7)?,
            updated_at: row.try_get(8)?,
            seen_at: row.try_get(9)?,
            created_by: row.try_get(10)?,
            updated_by: row.try_get(11)?,
            description: row.try_get(12)?,
            root_causes: list(row.try_get(13)?),
            metadata: serde_json::from_str(&metadata).unwrap_or_default(),
        })
    }

    /// Its form on the wire. What is empty is left out.
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "issue_id": self.id,
            "experiment_id": self.experiment_id.to_string(),
            "name": self.name,
            "description": self.description,
            "status": self.status,
            "created_timestamp": self.created_at,
            "last_updated_timestamp": self.updated_at,
            "last_seen_timestamp": self.seen_at,
        });
        let texts = [
            ("severity", &self.severity),
            ("source_run_id", &self.source_run_id),
            ("created_by", &self.created_by),
            ("last_updated_by", &self.updated_by),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                json[name] = text.clone().into();
            }
        }
        for (name, list) in [("root_causes", &self.root_causes), ("categories", &self.categories)] {
            if !list.is_empty() {
                json[name] = list.clone().into();
            }
        }
        if !self.metadata.is_empty() {
            json["metadata"] = json!(self.metadata);
        }
        json
    }
}
