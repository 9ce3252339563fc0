//! Who made something and who changed it last, and when.

use serde_json::Value;
use strata_database::{AnyRow, Row, SqlError};

use crate::{Asked, Error};

/// Four columns: `created_at, updated_at, created_by, updated_by`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Authorship {
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) created_by: Option<String>,
    pub(super) updated_by: Option<String>,
}

impl Authorship {
    pub(super) fn new(now: i64, by: Option<String>) -> Self {
        Self { created_at: now, updated_at: now, created_by: by.clone(), updated_by: by }
    }

    /// The four columns from this one on.
    pub(super) fn of(row: &AnyRow, first: usize) -> Result<Self, SqlError> {
        Ok(Self {
            created_at: row.try_get(first)?,
            updated_at: row.try_get(first + 1)?,
            created_by: row.try_get(first + 2)?,
            updated_by: row.try_get(first + 3)?,
        })
    }

    pub(super) fn change(&mut self, now: i64, by: Option<String>) {
        self.updated_at = now;
        self.updated_by = by.or(self.updated_by.take());
    }

    pub(super) fn write(&self, json: &mut Value) {
        json["created_at"] = self.created_at.into();
        json["last_updated_at"] = self.updated_at.into();
        for (name, by) in [("created_by", &self.created_by), ("last_updated_by", &self.updated_by)] {
            if let Some(by) = by {
                json[name] = by.as_str().into();
            }
        }
    }
}

/// A text that was given and is not empty.
pub(super) fn given(asked: &Asked, name: &str) -> Result<Option<String>, Error> {
    Ok(asked.text(name)?.filter(|text| !text.is_empty()))
}
