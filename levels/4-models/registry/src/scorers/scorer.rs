//! One version of a scorer, and its form on the wire.

use serde_json::{Value, json};
use strata_database::{AnyRow, Row, SqlError};

/// The columns that [`Scorer::of`] reads, of `scorers s` and `scorer_versions v`.
pub(super) const COLUMNS: &str = "s.id, s.experiment_id, s.name, v.version, v.serialized, v.created_at";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scorer {
    pub(super) id: String,
    pub(super) experiment_id: i64,
    pub(super) name: String,
    pub(super) version: i64,
    /// JSON, as the client made it.
    pub(super) serialized: String,
    pub(super) created_at: i64,
}

impl Scorer {
    pub(super) fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get(0)?,
            experiment_id: row.try_get(1)?,
            name: row.try_get(2)?,
            version: row.try_get(3)?,
            serialized: row.try_get(4)?,
            created_at: row.try_get(5)?,
        })
    }

    /// Its form on the wire, in which the id of its experiment is a number, unlike everywhere else.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "experiment_id": self.experiment_id,
            "scorer_name": self.name,
            "scorer_version": self.version,
            "serialized_scorer": self.serialized,
            "creation_time": self.created_at,
            "scorer_id": self.id,
        })
    }

    /// What is answered to whoever registers it.
    pub(super) fn registered(&self) -> Value {
        json!({
            "version": self.version,
            "scorer_id": self.id,
            "experiment_id": self.experiment_id.to_string(),
            "name": self.name,
            "serialized_scorer": self.serialized,
            "creation_time": self.created_at,
        })
    }
}
