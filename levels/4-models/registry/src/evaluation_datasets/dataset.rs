//! A dataset without its records.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use strata_database::{AnyRow, Row, SqlError};

/// The columns that [`Dataset::of`] reads, of `evaluation_datasets d`.
pub(super) const COLUMNS: &str =
    "d.id, d.name, d.schema, d.records, d.digest, d.created_at, d.updated_at, d.created_by, d.updated_by";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dataset {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) schema: Option<String>,
    pub(super) records: i64,
    pub(super) digest: String,
    pub(super) created_at: i64,
    pub(super) updated_at: i64,
    pub(super) created_by: Option<String>,
    pub(super) updated_by: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

impl Dataset {
    pub(super) fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            schema: row.try_get(2)?,
            records: row.try_get(3)?,
            digest: row.try_get(4)?,
            created_at: row.try_get(5)?,
            updated_at: row.try_get(6)?,
            created_by: row.try_get(7)?,
            updated_by: row.try_get(8)?,
            tags: BTreeMap::new(),
        })
    }

    /// Its form on the wire. Tags, schema and profile are JSON within JSON there.
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "dataset_id": self.id,
            "name": self.name,
            "tags": json!(self.tags).to_string(),
            "digest": self.digest,
            "created_time": self.created_at,
            "last_update_time": self.updated_at,
        });
        let profile = (self.records > 0).then(|| json!({ "num_records": self.records }).to_string());
        for (name, text) in [
            ("schema", &self.schema),
            ("profile", &profile),
            ("created_by", &self.created_by),
            ("last_updated_by", &self.updated_by),
        ] {
            if let Some(text) = text {
                json[name] = text.clone().into();
            }
        }
        json
    }
}

/// Another one after each change of the records.
pub(super) fn digest(name: &str, now: i64) -> String {
    let mut digest = hex::encode(Sha256::digest(format!("{name}:{now}")));
    digest.truncate(8);
    digest
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn a_digest_is_that_of_mlflow() {
        // From the real server.
        assert_eq!(digest("a", 1_795_737_952_094), "8ce36eee");
        assert_eq!(digest("a", 1_795_737_953_208), "6ab850b3");
    }
}
