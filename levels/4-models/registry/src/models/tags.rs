//! Tags of models and of versions.

use strata_database::{Transaction, query};

use super::row::Tag;
use crate::Error;

/// Sets or replaces one of a model.
pub(crate) async fn set_on_model(tx: &mut Transaction, model: i64, tag: &Tag) -> Result<(), Error> {
    let sql = "INSERT INTO registered_model_tags (model, key, value) VALUES ($1, $2, $3) \
               ON CONFLICT (model, key) DO UPDATE SET value = excluded.value";
    query(sql).bind(model).bind(&tag.key).bind(&tag.value).execute(&mut **tx).await?;
    Ok(())
}

/// Sets or replaces one of a version, by the number of its row.
pub(crate) async fn set_on_version(tx: &mut Transaction, version: i64, tag: &Tag) -> Result<(), Error> {
    let sql = "INSERT INTO model_version_tags (version, key, value) VALUES ($1, $2, $3) \
               ON CONFLICT (version, key) DO UPDATE SET value = excluded.value";
    query(sql).bind(version).bind(&tag.key).bind(&tag.value).execute(&mut **tx).await?;
    Ok(())
}

/// Removes one of a model; that it is not there is fine.
pub(crate) async fn delete_from_model(tx: &mut Transaction, model: i64, key: &str) -> Result<(), Error> {
    let sql = "DELETE FROM registered_model_tags WHERE model = $1 AND key = $2";
    query(sql).bind(model).bind(key).execute(&mut **tx).await?;
    Ok(())
}

/// Removes one of a version; that it is not there is fine.
pub(crate) async fn delete_from_version(tx: &mut Transaction, version: i64, key: &str) -> Result<(), Error> {
    let sql = "DELETE FROM model_version_tags WHERE version = $1 AND key = $2";
    query(sql).bind(version).bind(key).execute(&mut **tx).await?;
    Ok(())
}
