//! Reading models and versions, with what hangs on them.

use std::collections::HashMap;

use strata_database::{AnyRow, AssertSqlSafe, Row, SqlError, Transaction, query};

use super::row::{MODEL_COLUMNS, Model, Tag, VERSION_COLUMNS, Version};
use super::stage::DELETED;
use crate::Error;

/// How many rows are asked for by their numbers at once.
const CHUNK: usize = 5_000;

/// A model by its name, alone.
pub(crate) async fn bare_model(tx: &mut Transaction, name: &str) -> Result<Model, Error> {
    let sql = format!("SELECT {MODEL_COLUMNS} FROM registered_models m WHERE m.name = $1");
    let row = query(AssertSqlSafe(sql)).bind(name).fetch_optional(&mut **tx).await?;
    match row {
        Some(row) => Ok(Model::of(&row)?),
        None => Err(Error::does_not_exist(format!("Registered Model with name={name} not found"))),
    }
}

/// A model by its name, with all that hangs on it.
pub(crate) async fn model(tx: &mut Transaction, name: &str) -> Result<Model, Error> {
    let mut models = [bare_model(tx, name).await?];
    complete(tx, &mut models).await?;
    let [model] = models;
    Ok(model)
}

/// Adds tags, aliases and the newest version of each stage.
pub(crate) async fn complete(tx: &mut Transaction, models: &mut [Model]) -> Result<(), Error> {
    let places: HashMap<i64, usize> = models.iter().enumerate().map(|(at, model)| (model.id, at)).collect();
    for ids in lists(models.iter().map(|model| model.id)) {
        let sql = format!("SELECT model, key, value FROM registered_model_tags WHERE model IN ({ids}) ORDER BY key");
        for row in query(AssertSqlSafe(sql)).fetch_all(&mut **tx).await? {
            if let Some(model) = at(models, &places, row.try_get(0)?) {
                model.tags.push(Tag { key: row.try_get(1)?, value: row.try_get(2)? });
            }
        }
        let sql =
            format!("SELECT model, alias, version FROM registered_model_aliases WHERE model IN ({ids}) ORDER BY alias");
        for row in query(AssertSqlSafe(sql)).fetch_all(&mut **tx).await? {
            if let Some(model) = at(models, &places, row.try_get(0)?) {
                model.aliases.push((row.try_get(1)?, row.try_get(2)?));
            }
        }
        let sql = format!(
            "SELECT {VERSION_COLUMNS} FROM registered_models m JOIN model_versions v ON v.model = m.id \
             WHERE v.id IN (SELECT newest.id FROM \
                 (SELECT id, row_number() OVER (PARTITION BY model, stage ORDER BY version DESC) AS place \
                  FROM model_versions WHERE model IN ({ids}) AND stage <> '{DELETED}') newest \
             WHERE newest.place = 1) ORDER BY v.version"
        );
        let mut newest = versions(&query(AssertSqlSafe(sql)).fetch_all(&mut **tx).await?)?;
        tag(tx, &mut newest).await?;
        for version in newest {
            if let Some(model) = at(models, &places, version.model) {
                model.latest.push(version);
            }
        }
    }
    Ok(())
}

/// A version by its model's name and its number, with its tags, and not if it was deleted.
pub(crate) async fn version(tx: &mut Transaction, name: &str, number: i64) -> Result<Version, Error> {
    let sql = format!(
        "SELECT {VERSION_COLUMNS} FROM registered_models m JOIN model_versions v ON v.model = m.id \
         WHERE m.name = $1 AND v.version = $2 AND v.stage <> '{DELETED}'"
    );
    let row = query(AssertSqlSafe(sql)).bind(name).bind(number).fetch_optional(&mut **tx).await?;
    let Some(row) = row else {
        return Err(Error::does_not_exist(format!("Model Version (name={name}, version={number}) not found")));
    };
    let mut version = [Version::of(&row)?];
    tag(tx, &mut version).await?;
    let [mut version] = version;
    let sql = "SELECT alias FROM registered_model_aliases WHERE model = $1 AND version = $2 ORDER BY alias";
    for row in query(sql).bind(version.model).bind(number).fetch_all(&mut **tx).await? {
        version.aliases.push(row.try_get(0)?);
    }
    Ok(version)
}

/// The newest version, of all or of a stage.
pub(crate) async fn newest(tx: &mut Transaction, name: &str, stage: Option<&str>) -> Result<Option<Version>, Error> {
    let model = bare_model(tx, name).await?;
    let sql = format!(
        "SELECT max(version) FROM model_versions WHERE model = $1 AND stage <> '{DELETED}' \
         AND ($2 IS NULL OR stage = $2)"
    );
    let row = query(AssertSqlSafe(sql)).bind(model.id).bind(stage).fetch_one(&mut **tx).await?;
    match row.try_get::<Option<i64>, _>(0)? {
        Some(number) => Ok(Some(version(tx, name, number).await?)),
        None => Ok(None),
    }
}

/// The version that an alias stands for; `latest` always stands for the newest.
pub(crate) async fn by_alias(tx: &mut Transaction, name: &str, alias: &str) -> Result<Version, Error> {
    if alias.eq_ignore_ascii_case("latest") {
        let missing = || Error::does_not_exist(format!("Latest version not found for model {name}."));
        return newest(tx, name, None).await?.ok_or_else(missing);
    }
    let model = bare_model(tx, name).await?;
    let sql = "SELECT version FROM registered_model_aliases WHERE model = $1 AND alias = $2";
    let row = query(sql).bind(model.id).bind(alias).fetch_optional(&mut **tx).await?;
    match row {
        Some(row) => version(tx, name, row.try_get(0)?).await,
        None => Err(Error::invalid(format!("Registered model alias {alias} not found."))),
    }
}

pub(crate) fn versions(rows: &[AnyRow]) -> Result<Vec<Version>, SqlError> {
    rows.iter().map(Version::of).collect()
}

/// Adds the tags of versions.
pub(crate) async fn tag(tx: &mut Transaction, versions: &mut [Version]) -> Result<(), Error> {
    let places: HashMap<i64, usize> = versions.iter().enumerate().map(|(at, version)| (version.id, at)).collect();
    for ids in lists(versions.iter().map(|version| version.id)) {
        let sql = format!("SELECT version, key, value FROM model_version_tags WHERE version IN ({ids}) ORDER BY key");
        for row in query(AssertSqlSafe(sql)).fetch_all(&mut **tx).await? {
            if let Some(version) = at(versions, &places, row.try_get(0)?) {
                version.tags.push(Tag { key: row.try_get(1)?, value: row.try_get(2)? });
            }
        }
    }
    Ok(())
}

fn at<'a, T>(all: &'a mut [T], places: &HashMap<i64, usize>, id: i64) -> Option<&'a mut T> {
    all.get_mut(*places.get(&id)?)
}

/// Numbers as SQL has them, so many to a list that a statement stays short.
fn lists(ids: impl Iterator<Item = i64>) -> Vec<String> {
    let ids: Vec<_> = ids.map(|id| id.to_string()).collect();
    ids.chunks(CHUNK).map(|chunk| chunk.join(",")).collect()
}
