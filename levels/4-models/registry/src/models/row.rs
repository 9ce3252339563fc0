//! Registered models and their versions as the database holds them.

use strata_database::{AnyRow, Row, SqlError};

/// A key with its value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// A registered model, or a prompt.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Model {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) tags: Vec<Tag>,
    pub(crate) aliases: Vec<(String, i64)>,
    /// Of each stage the newest.
    pub(crate) latest: Vec<Version>,
}

/// A version of a model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Version {
    pub(crate) id: i64,
    pub(crate) model: i64,
    pub(crate) name: String,
    pub(crate) number: i64,
    pub(crate) stage: String,
    pub(crate) source: String,
    /// Where its files lie, if that is not what `source` says.
    pub(crate) storage: String,
    pub(crate) run_id: Option<String>,
    pub(crate) run_link: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) tags: Vec<Tag>,
    pub(crate) aliases: Vec<String>,
}

pub(crate) const MODEL_COLUMNS: &str = "m.id, m.name, m.description, m.created_at, m.updated_at";
pub(crate) const VERSION_COLUMNS: &str = "v.id, v.model, m.name, v.version, v.stage, v.source, v.storage, v.run_id, \
     v.run_link, v.description, v.created_at, v.updated_at";

impl Model {
    /// Of a row of [`MODEL_COLUMNS`]; what hangs on it is added later.
    pub(crate) fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            description: row.try_get(2)?,
            created_at: row.try_get(3)?,
            updated_at: row.try_get(4)?,
            tags: Vec::new(),
            aliases: Vec::new(),
            latest: Vec::new(),
        })
    }

    pub(crate) fn is_prompt(&self) -> bool {
        super::prompt::is_prompt(self.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())))
    }
}

impl Version {
    /// Of a row of [`VERSION_COLUMNS`]; what hangs on it is added later.
    pub(crate) fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get(0)?,
            model: row.try_get(1)?,
            name: row.try_get(2)?,
            number: row.try_get(3)?,
            stage: row.try_get(4)?,
            source: row.try_get(5)?,
            storage: row.try_get(6)?,
            run_id: row.try_get(7)?,
            run_link: row.try_get(8)?,
            description: row.try_get(9)?,
            created_at: row.try_get(10)?,
            updated_at: row.try_get(11)?,
            tags: Vec::new(),
            aliases: Vec::new(),
        })
    }
}
