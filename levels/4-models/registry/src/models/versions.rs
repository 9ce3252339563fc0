//! Making, changing and removing versions.

use strata_database::{Transaction, query, query_scalar};

use super::load::{bare_model, version};
use super::row::{Tag, Version};
use super::stage::{DELETED, Stage};
use crate::Error;

/// What a new version is made of.
#[derive(Debug)]
pub(crate) struct New<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: &'a str,
    /// Where its files lie.
    pub(crate) storage: &'a str,
    pub(crate) run_id: &'a str,
    pub(crate) run_link: &'a str,
    pub(crate) description: &'a str,
    pub(crate) tags: &'a [Tag],
}

/// The next version of the model.
pub(crate) async fn create(tx: &mut Transaction, now: i64, new: &New<'_>) -> Result<Version, Error> {
    let model = bare_model(tx, new.name).await?.id;
    touch(tx, now, model).await?;
    let sql = "SELECT coalesce(max(version), 0) + 1 FROM model_versions WHERE model = $1";
    let number: i64 = query_scalar(sql).bind(model).fetch_one(&mut **tx).await?;
    let sql = "INSERT INTO model_versions (model, version, stage, source, storage, run_id, run_link, description, \
               created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING id";
    let insert = query_scalar(sql).bind(model).bind(number).bind(Stage::None.name()).bind(new.source).bind(new.storage);
    let insert = insert.bind(new.run_id).bind(new.run_link).bind(new.description).bind(now);
    let id: i64 = insert.fetch_one(&mut **tx).await?;
    for tag in new.tags {
        super::tags::set_on_version(tx, id, tag).await?;
    }
    version(tx, new.name, number).await
}

/// Puts another description, or none, in the place of its own.
pub(crate) async fn describe(
    tx: &mut Transaction,
    now: i64,
    name: &str,
    number: i64,
    description: Option<&str>,
) -> Result<Version, Error> {
    let id = version(tx, name, number).await?.id;
    let sql = "UPDATE model_versions SET description = $1, updated_at = $2 WHERE id = $3";
    query(sql).bind(description).bind(now).bind(id).execute(&mut **tx).await?;
    version(tx, name, number).await
}

/// Moves it to a stage, and the others that are there to the archive, if asked.
pub(crate) async fn transition(
    tx: &mut Transaction,
    now: i64,
    name: &str,
    number: i64,
    stage: Stage,
    archive_others: bool,
) -> Result<Version, Error> {
    let Version { id, model, .. } = version(tx, name, number).await?;
    if archive_others {
        let sql = "UPDATE model_versions SET stage = $1, updated_at = $2 WHERE model = $3 AND stage = $4 AND id <> $5";
        let update = query(sql).bind(Stage::Archived.name()).bind(now).bind(model).bind(stage.name()).bind(id);
        update.execute(&mut **tx).await?;
    }
    let sql = "UPDATE model_versions SET stage = $1, updated_at = $2 WHERE id = $3";
    query(sql).bind(stage.name()).bind(now).bind(id).execute(&mut **tx).await?;
    touch(tx, now, model).await?;
    version(tx, name, number).await
}

/// Removes all that it says, and its aliases. Its number stays taken.
pub(crate) async fn delete(tx: &mut Transaction, now: i64, name: &str, number: i64) -> Result<(), Error> {
    let Version { id, model, .. } = version(tx, name, number).await?;
    let sql = "DELETE FROM registered_model_aliases WHERE model = $1 AND version = $2";
    query(sql).bind(model).bind(number).execute(&mut **tx).await?;
    query("DELETE FROM model_version_tags WHERE version = $1").bind(id).execute(&mut **tx).await?;
    let sql = "UPDATE model_versions SET stage = $1, updated_at = $2, description = NULL, \
               source = 'REDACTED-SOURCE-PATH', storage = 'REDACTED-SOURCE-PATH', run_id = 'REDACTED-RUN-ID', \
               run_link = 'REDACTED-RUN-LINK' WHERE id = $3";
    query(sql).bind(DELETED).bind(now).bind(id).execute(&mut **tx).await?;
    touch(tx, now, model).await
}

/// Lets an alias stand for this version, whatever it stood for.
pub(crate) async fn set_alias(tx: &mut Transaction, name: &str, alias: &str, number: i64) -> Result<(), Error> {
    let model = version(tx, name, number).await?.model;
    let sql = "INSERT INTO registered_model_aliases (model, alias, version) VALUES ($1, $2, $3) \
               ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version";
    query(sql).bind(model).bind(alias).bind(number).execute(&mut **tx).await?;
    Ok(())
}

/// Forgets an alias; that it is not there is fine.
pub(crate) async fn delete_alias(tx: &mut Transaction, name: &str, alias: &str) -> Result<(), Error> {
    let model = bare_model(tx, name).await?.id;
    let sql = "DELETE FROM registered_model_aliases WHERE model = $1 AND alias = $2";
    query(sql).bind(model).bind(alias).execute(&mut **tx).await?;
    Ok(())
}

async fn touch(tx: &mut Transaction, now: i64, model: i64) -> Result<(), Error> {
    query("UPDATE registered_models SET updated_at = $1 WHERE id = $2")
        .bind(now)
        .bind(model)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
