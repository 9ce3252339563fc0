//! Renaming, deleting and tagging experiments.

use strata_database::{Transaction, is_duplicate, query};

use super::{Experiment, active, get};
use crate::Error;
use crate::runs::{ACTIVE, DELETED};

/// Another name, which no experiment has, deleted or not.
pub(super) async fn rename(tx: &mut Transaction, now: i64, id: &str, name: &str) -> Result<(), Error> {
    let experiment = active(tx, id).await.map_err(|error| match error {
        Error::Invalid(_) => Error::invalid("Cannot rename a non-active experiment."),
        other => other,
    })?;
    let sql = "UPDATE experiments SET name = $2, updated_at = $3 WHERE id = $1";
    let done = query(sql).bind(experiment.id).bind(name).bind(now).execute(&mut **tx).await;
    match done {
        Err(error) if is_duplicate(&error) => {
            Err(Error::already_exists(format!("Experiment(name={name}) already exists.")))
        }
        other => other.map(drop).map_err(Error::from),
    }
}

/// It is not found any more unless one asks for what was deleted, and its runs with it.
pub(super) async fn delete(tx: &mut Transaction, now: i64, id: &str) -> Result<(), Error> {
    let experiment = staged(tx, id, ACTIVE).await?;
    stage(tx, now, &experiment, DELETED, Some(now)).await
}

/// It is as if it had not been deleted, and so are its runs.
pub(super) async fn restore(tx: &mut Transaction, now: i64, id: &str) -> Result<(), Error> {
    let experiment = staged(tx, id, DELETED).await?;
    stage(tx, now, &experiment, ACTIVE, None).await
}

async fn staged(tx: &mut Transaction, id: &str, stage: &str) -> Result<Experiment, Error> {
    let missing = || Error::does_not_exist(format!("No Experiment with id={id} exists"));
    let experiment = get(tx, id).await?;
    if experiment.lifecycle_stage == stage { Ok(experiment) } else { Err(missing()) }
}

async fn stage(
    tx: &mut Transaction,
    now: i64,
    experiment: &Experiment,
    stage: &str,
    at: Option<i64>,
) -> Result<(), Error> {
    let sql = "UPDATE experiments SET lifecycle_stage = $2, updated_at = $3 WHERE id = $1";
    query(sql).bind(experiment.id).bind(stage).bind(now).execute(&mut **tx).await?;
    let sql =
        "UPDATE runs SET lifecycle_stage = $2, deleted_at = $3 WHERE experiment_id = $1 AND lifecycle_stage <> $2";
    query(sql).bind(experiment.id).bind(stage).bind(at).execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn set_tag(tx: &mut Transaction, id: &str, key: &str, value: &str) -> Result<(), Error> {
    let experiment = active(tx, id).await?;
    let sql = "INSERT INTO experiment_tags (experiment, key, value) VALUES ($1, $2, $3) \
               ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value";
    query(sql).bind(experiment.id).bind(key).bind(value).execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn delete_tag(tx: &mut Transaction, id: &str, key: &str) -> Result<(), Error> {
    let experiment = active(tx, id).await?;
    let sql = "DELETE FROM experiment_tags WHERE experiment = $1 AND key = $2";
    if query(sql).bind(experiment.id).bind(key).execute(&mut **tx).await?.rows_affected() == 0 {
        return Err(Error::does_not_exist(format!("No tag with name: {key} in experiment with id {id}")));
    }
    Ok(())
}
