//! Making, changing and deleting logged models.

use std::collections::BTreeMap;

use strata_database::{Transaction, is_duplicate, query, query_scalar};
use uuid::Uuid;

use super::load::any;
use super::model::Model;
use super::name;
use super::status::Status;
use crate::Error;

/// What a new one is made of.
#[derive(Debug, Default)]
pub(crate) struct New {
    pub(crate) name: Option<String>,
    pub(crate) kind: String,
    pub(crate) source_run_id: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) tags: Vec<(String, String)>,
}

/// A new one in an experiment whose artifacts lie at `location`. It waits for its files.
pub(crate) async fn create(
    tx: &mut Transaction,
    now: i64,
    experiment_id: i64,
    location: &str,
    invented_name: impl FnOnce() -> String,
    new: New,
) -> Result<Model, Error> {
    if let Some(name) = &new.name {
        name::check(name)?;
    }
    let id = format!("m-{}", Uuid::new_v4().simple());
    let artifact_uri = format!("{}/models/{id}/artifacts", location.trim_end_matches('/'));
    let sql = "INSERT INTO logged_models (id, experiment_id, name, artifact_uri, created_at, updated_at, status, \
               model_type, source_run_id, deleted) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, 0)";
    query(sql)
        .bind(&id)
        .bind(experiment_id)
        .bind(new.name.unwrap_or_else(invented_name))
        .bind(artifact_uri)
        .bind(now)
        .bind(Status::Pending as i64)
        .bind(new.kind)
        .bind(new.source_run_id)
        .execute(&mut **tx)
        .await?;
    insert_params(tx, &id, &new.params).await?;
    put_tags(tx, &id, new.tags).await?;
    any(tx, &id).await
}

/// Its files are there, or never will be.
pub(crate) async fn finalize(tx: &mut Transaction, now: i64, id: &str, status: Status) -> Result<Model, Error> {
    exists(tx, id).await?;
    let sql = "UPDATE logged_models SET status = $1, updated_at = $2 WHERE id = $3";
    query(sql).bind(status as i64).bind(now).bind(id).execute(&mut **tx).await?;
    any(tx, id).await
}

/// It is not found any more; its files stay.
pub(crate) async fn delete(tx: &mut Transaction, now: i64, id: &str) -> Result<(), Error> {
    exists(tx, id).await?;
    let sql = "UPDATE logged_models SET deleted = 1, updated_at = $1 WHERE id = $2";
    query(sql).bind(now).bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// Parameters are written once.
pub(crate) async fn log_params(tx: &mut Transaction, id: &str, params: &[(String, String)]) -> Result<(), Error> {
    exists(tx, id).await?;
    insert_params(tx, id, params).await
}

async fn insert_params(tx: &mut Transaction, id: &str, params: &[(String, String)]) -> Result<(), Error> {
    for (key, value) in params {
        let sql = "INSERT INTO logged_model_params (model_id, key, value) VALUES ($1, $2, $3)";
        let done = query(sql).bind(id).bind(key).bind(value).execute(&mut **tx).await;
        match done {
            Err(error) if is_duplicate(&error) => {
                return Err(Error::invalid(format!("Logged model '{id}' has the parameter '{key}' already.")));
            }
            other => other?,
        };
    }
    Ok(())
}

/// Of a key that is there twice, the last value counts.
pub(crate) async fn set_tags(tx: &mut Transaction, id: &str, tags: Vec<(String, String)>) -> Result<(), Error> {
    exists(tx, id).await?;
    put_tags(tx, id, tags).await
}

async fn put_tags(tx: &mut Transaction, id: &str, tags: Vec<(String, String)>) -> Result<(), Error> {
    for (key, value) in tags.into_iter().collect::<BTreeMap<_, _>>() {
        let sql = "INSERT INTO logged_model_tags (model_id, key, value) VALUES ($1, $2, $3) \
                   ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value";
        query(sql).bind(id).bind(key).bind(value).execute(&mut **tx).await?;
    }
    Ok(())
}

pub(crate) async fn delete_tag(tx: &mut Transaction, id: &str, key: &str) -> Result<(), Error> {
    exists(tx, id).await?;
    let sql = "DELETE FROM logged_model_tags WHERE model_id = $1 AND key = $2";
    let done = query(sql).bind(id).bind(key).execute(&mut **tx).await?;
    if done.rows_affected() == 0 {
        let message = format!("No tag with key '{key}' found for model with ID '{id}'.");
        return Err(Error::does_not_exist(message));
    }
    Ok(())
}

async fn exists(tx: &mut Transaction, id: &str) -> Result<(), Error> {
    let sql = "SELECT COUNT(*) FROM logged_models WHERE id = $1";
    let count: i64 = query_scalar(sql).bind(id).fetch_one(&mut **tx).await?;
    if count == 0 {
        return Err(Error::does_not_exist(format!("Logged model with ID '{id}' not found.")));
    }
    Ok(())
}
