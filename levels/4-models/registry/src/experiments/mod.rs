//! Experiments: what runs, logged models and traces belong to.

mod change;
pub(crate) mod http;
mod search;
pub(crate) mod tables;

use std::collections::HashMap;

use serde_json::{Value, json};
use strata_database::{AnyRow, Database, Row, SqlError, Transaction, is_duplicate, query};

use crate::Error;
use crate::statement::Statement;

/// The columns that [`Experiment::of`] reads, of `experiments e`.
const COLUMNS: &str = "e.id, e.name, e.artifact_location, e.lifecycle_stage, e.created_at, e.updated_at";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Experiment {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) artifact_location: String,
    pub(crate) lifecycle_stage: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) tags: Vec<(String, String)>,
}

impl Experiment {
    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            artifact_location: row.try_get(2)?,
            lifecycle_stage: row.try_get(3)?,
            created_at: row.try_get(4)?,
            updated_at: row.try_get(5)?,
            tags: Vec::new(),
        })
    }

    /// Its form on the wire.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({
            "experiment_id": self.id.to_string(),
            "name": self.name,
            "artifact_location": self.artifact_location,
            "lifecycle_stage": self.lifecycle_stage,
            "creation_time": self.created_at,
            "last_update_time": self.updated_at,
        });
        if !self.tags.is_empty() {
            json["tags"] = self.tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        }
        json
    }
}

/// A new one; its artifacts lie in the proxied store unless another place is given.
pub(crate) async fn create(
    tx: &mut Transaction,
    now: i64,
    name: &str,
    location: Option<&str>,
    root: &str,
    tags: &[(String, String)],
) -> Result<i64, Error> {
    let sql = "INSERT INTO experiments (name, artifact_location, lifecycle_stage, created_at, updated_at) \
               VALUES ($1, '', 'active', $2, $2) RETURNING id";
    let row = query(sql).bind(name).bind(now).fetch_one(&mut **tx).await.map_err(|error| {
        let taken = is_duplicate(&error);
        if taken { Error::already_exists(format!("Experiment(name={name}) already exists.")) } else { error.into() }
    })?;
    let id: i64 = row.try_get(0)?;
    let location = location.map_or_else(|| below(root, id), absolute);
    let sql = "UPDATE experiments SET artifact_location = $1 WHERE id = $2";
    query(sql).bind(location).bind(id).execute(&mut **tx).await?;
    for (key, value) in tags {
        let sql = "INSERT INTO experiment_tags (experiment, key, value) VALUES ($1, $2, $3) \
                   ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value";
        query(sql).bind(id).bind(key).bind(value).execute(&mut **tx).await?;
    }
    Ok(id)
}

/// Where an experiment's artifacts lie, unless it is said otherwise.
fn below(root: &str, id: i64) -> String {
    format!("{}/{id}", root.trim_end_matches('/'))
}

/// What is neither a URL nor an absolute path is one below the folder that the server runs in.
fn absolute(location: &str) -> String {
    let is_url = location.split_once(':').is_some_and(|(scheme, _)| scheme.chars().all(char::is_alphanumeric));
    let absolute = (!is_url).then(|| std::path::absolute(location).ok()).flatten();
    absolute.map_or_else(|| location.to_owned(), |path| path.display().to_string())
}

/// Gives the first experiment its place and its time, if it has none yet.
pub(crate) async fn settle_first(database: &Database, root: &str, now: i64) -> Result<(), Error> {
    let sql = "SELECT created_at FROM experiments WHERE id = 0";
    let mut tx = database.read().await?;
    let created_at: Option<i64> = query(sql).fetch_optional(&mut *tx).await?.map(|row| row.try_get(0)).transpose()?;
    drop(tx);
    if created_at != Some(0) {
        return Ok(());
    }
    let mut tx = database.write().await?;
    let sql = "UPDATE experiments SET artifact_location = $1, created_at = $2, updated_at = $2 WHERE id = 0";
    query(sql).bind(below(root, 0)).bind(now).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// The number that an id is.
pub(crate) fn number(id: &str) -> Result<i64, Error> {
    let invalid = |_| Error::invalid(format!("Invalid experiment ID '{id}'. Experiment ID must be a valid integer."));
    id.parse().map_err(invalid)
}

/// By its number, deleted or not.
pub(crate) async fn get(tx: &mut Transaction, id: &str) -> Result<Experiment, Error> {
    let missing = || Error::does_not_exist(format!("No Experiment with id={id} exists"));
    let number = number(id)?;
    let sql =
        "SELECT id, name, artifact_location, lifecycle_stage, created_at, updated_at FROM experiments WHERE id = $1";
    let row = query(sql).bind(number).fetch_optional(&mut **tx).await?;
    one(tx, Experiment::of(&row.ok_or_else(missing)?)?).await
}

/// By its name, deleted or not.
pub(crate) async fn by_name(tx: &mut Transaction, name: &str) -> Result<Experiment, Error> {
    let missing = || Error::does_not_exist(format!("Could not find experiment with name '{name}'"));
    let sql =
        "SELECT id, name, artifact_location, lifecycle_stage, created_at, updated_at FROM experiments WHERE name = $1";
    let row = query(sql).bind(name).fetch_optional(&mut **tx).await?;
    one(tx, Experiment::of(&row.ok_or_else(missing)?)?).await
}

/// One that is not deleted; one that is is not found.
pub(crate) async fn present(tx: &mut Transaction, id: &str) -> Result<Experiment, Error> {
    let experiment = get(tx, id).await?;
    if experiment.lifecycle_stage == "active" {
        return Ok(experiment);
    }
    Err(Error::does_not_exist(format!("No Experiment with id={id} exists")))
}

/// One that things may be added to.
pub(crate) async fn active(tx: &mut Transaction, id: &str) -> Result<Experiment, Error> {
    let experiment = get(tx, id).await?;
    if experiment.lifecycle_stage == "active" {
        return Ok(experiment);
    }
    Err(Error::invalid(format!(
        "The experiment {id} must be in the 'active' state. Current state is {}.",
        experiment.lifecycle_stage
    )))
}

async fn one(tx: &mut Transaction, mut experiment: Experiment) -> Result<Experiment, Error> {
    tagged(tx, std::slice::from_mut(&mut experiment)).await?;
    Ok(experiment)
}

/// Placeholders have an end.
const AT_ONCE: usize = 1_000;

/// Reads the tags of these.
async fn tagged(tx: &mut Transaction, experiments: &mut [Experiment]) -> Result<(), Error> {
    for experiments in experiments.chunks_mut(AT_ONCE) {
        let mut statement = Statement::default();
        let ids = statement.numbers(&experiments.iter().map(|experiment| experiment.id).collect::<Vec<_>>());
        statement.and(format!("experiment IN ({ids})"));
        let mut tags: HashMap<i64, Vec<(String, String)>> = HashMap::new();
        for row in statement.rows(tx, "SELECT experiment, key, value FROM experiment_tags", "ORDER BY key").await? {
            tags.entry(row.try_get(0)?).or_default().push((row.try_get(1)?, row.try_get(2)?));
        }
        for experiment in experiments {
            experiment.tags = tags.remove(&experiment.id).unwrap_or_default();
        }
    }
    Ok(())
}
