//! A run: its row, and its form on the wire.

use std::collections::HashMap;

use serde_json::{Value, json};
use strata_database::{AnyRow, AssertSqlSafe, Row, SqlError, Transaction, query};

use crate::Error;

/// The columns that [`Run::of`] reads, of `runs r`.
pub(crate) const COLUMNS: &str = "r.number, r.id, r.experiment_id, r.name, r.user_id, r.status, r.started_at, \
                                  r.ended_at, r.artifact_uri, r.lifecycle_stage";

pub(crate) const ACTIVE: &str = "active";
pub(crate) const DELETED: &str = "deleted";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    /// By which its rows are found.
    pub(crate) number: i64,
    /// By which clients know it.
    pub(crate) id: String,
    pub(crate) experiment_id: i64,
    pub(crate) name: String,
    pub(crate) user_id: String,
    pub(crate) status: String,
    pub(crate) started_at: Option<i64>,
    pub(crate) ended_at: Option<i64>,
    pub(crate) artifact_uri: String,
    pub(crate) lifecycle_stage: String,
}

impl Run {
    pub(crate) fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            number: row.try_get(0)?,
            id: row.try_get(1)?,
            experiment_id: row.try_get(2)?,
            name: row.try_get(3)?,
            user_id: row.try_get(4)?,
            status: row.try_get(5)?,
            started_at: row.try_get(6)?,
            ended_at: row.try_get(7)?,
            artifact_uri: row.try_get(8)?,
            lifecycle_stage: row.try_get(9)?,
        })
    }

    /// `RunInfo` on the wire.
    pub(crate) fn info(&self) -> Value {
        let mut info = json!({
            "run_id": self.id,
            "run_uuid": self.id,
            "run_name": self.name,
            "experiment_id": self.experiment_id.to_string(),
            "user_id": self.user_id,
            "status": self.status,
            "artifact_uri": self.artifact_uri,
            "lifecycle_stage": self.lifecycle_stage,
        });
        for (name, time) in [("start_time", self.started_at), ("end_time", self.ended_at)] {
            if let Some(time) = time {
                info[name] = time.into();
            }
        }
        info
    }
}

/// Deleted or not.
pub(crate) async fn get(tx: &mut Transaction, id: &str) -> Result<Run, Error> {
    let sql = "SELECT r.number, r.id, r.experiment_id, r.name, r.user_id, r.status, r.started_at, r.ended_at, \
               r.artifact_uri, r.lifecycle_stage FROM runs r WHERE r.id = $1";
    let row = query(sql).bind(id).fetch_optional(&mut **tx).await?;
    Ok(Run::of(&row.ok_or_else(|| missing(id))?)?)
}

/// One that things may be added to.
pub(crate) async fn active(tx: &mut Transaction, id: &str) -> Result<Run, Error> {
    let run = get(tx, id).await?;
    if run.lifecycle_stage == ACTIVE { Ok(run) } else { Err(inactive(id, &run.lifecycle_stage)) }
}

/// The numbers of runs, each of which is there or not, and active or not.
#[derive(Debug)]
pub(crate) struct Numbers(HashMap<String, (i64, String)>);

/// The numbers of these, each of which may be given more than once.
pub(crate) async fn numbers(tx: &mut Transaction, ids: impl Iterator<Item = &str>) -> Result<Numbers, Error> {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let mut numbers = HashMap::new();
    for ids in ids.chunks(1000) {
        let places = (1..=ids.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT id, number, lifecycle_stage FROM runs WHERE id IN ({places})");
        let question = ids.iter().fold(query(AssertSqlSafe(sql)), |question, id| question.bind((*id).to_owned()));
        for row in question.fetch_all(&mut **tx).await? {
            numbers.insert(row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?));
        }
    }
    Ok(Numbers(numbers))
}

impl Numbers {
    /// That of one that things may be added to.
    pub(crate) fn active(&self, id: &str) -> Result<i64, Error> {
        match self.0.get(id) {
            Some((number, stage)) if stage == ACTIVE => Ok(*number),
            Some((_, stage)) => Err(inactive(id, stage)),
            None => Err(missing(id)),
        }
    }
}

fn missing(id: &str) -> Error {
    Error::does_not_exist(format!("Run with id={id} not found"))
}

fn inactive(id: &str, stage: &str) -> Error {
    Error::invalid(format!("The run {id} must be in the 'active' state. Current state is {stage}."))
}
