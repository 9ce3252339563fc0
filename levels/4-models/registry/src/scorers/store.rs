//! Keeping scorers.

use serde_json::Value;
use strata_database::{AnyRow, AssertSqlSafe, Row, Transaction, query, query_scalar};
use uuid::Uuid;

use super::scorer::{COLUMNS, Scorer};
use super::serialized;
use crate::statement::Statement;
use crate::{Error, experiments, gateway};

/// Where scorers and their versions meet.
const FROM: &str = "FROM scorers s JOIN scorer_versions v ON v.scorer_id = s.id";
const LATEST: &str = "v.version = (SELECT MAX(m.version) FROM scorer_versions m WHERE m.scorer_id = s.id)";

/// The next version of the scorer of this name, or the first.
pub(super) async fn register(
    tx: &mut Transaction,
    now: i64,
    experiment: &str,
    name: &str,
    serialized: &str,
) -> Result<Scorer, Error> {
    let experiment_id = experiments::active(tx, experiment).await?.id;
    let sql = "SELECT s.id, COALESCE(MAX(v.version), 0) FROM scorers s LEFT JOIN scorer_versions v ON v.scorer_id = s.id \
               WHERE s.experiment_id = $1 AND s.name = $2 GROUP BY s.id";
    let known = query(sql).bind(experiment_id).bind(name).fetch_optional(&mut **tx).await?;
    let (id, last): (String, i64) = if let Some(row) = known {
        (row.try_get(0)?, row.try_get(1)?)
    } else {
        let id = Uuid::new_v4().to_string();
        let sql = "INSERT INTO scorers (id, experiment_id, name) VALUES ($1, $2, $3)";
        query(sql).bind(&id).bind(experiment_id).bind(name).execute(&mut **tx).await?;
        (id, 0)
    };
    let (name, serialized) = (name.to_owned(), serialized.to_owned());
    let scorer = Scorer { id, experiment_id, name, version: last + 1, serialized, created_at: now };
    let sql = "INSERT INTO scorer_versions (scorer_id, version, serialized, created_at) VALUES ($1, $2, $3, $4)";
    query(sql)
        .bind(&scorer.id)
        .bind(scorer.version)
        .bind(&scorer.serialized)
        .bind(scorer.created_at)
        .execute(&mut **tx)
        .await?;
    Ok(scorer)
}

/// The latest of each scorer of one experiment.
pub(super) async fn of_one(tx: &mut Transaction, experiment: &str) -> Result<Vec<Scorer>, Error> {
    let id = experiments::active(tx, experiment).await?.id;
    of_all(tx, Some(&[id])).await
}

/// The latest of each scorer of these experiments, or of any, without those of deleted ones.
pub(super) async fn of_all(tx: &mut Transaction, experiments: Option<&[i64]>) -> Result<Vec<Scorer>, Error> {
    let mut statement = Statement::default();
    statement.and(LATEST);
    statement.and("s.experiment_id IN (SELECT e.id FROM experiments e WHERE e.lifecycle_stage = 'active')");
    if let Some(experiments) = experiments {
        let experiments = statement.numbers(experiments);
        statement.and(format!("s.experiment_id IN ({experiments})"));
    }
    let rows = statement.rows(tx, &format!("SELECT {COLUMNS} {FROM}"), "ORDER BY s.experiment_id, s.name").await?;
    read(tx, &rows).await
}

/// All versions, the first one first.
pub(super) async fn versions(tx: &mut Transaction, experiment: &str, name: &str) -> Result<Vec<Scorer>, Error> {
    let id = experiments::active(tx, experiment).await?.id;
    let sql = format!("SELECT {COLUMNS} {FROM} WHERE s.experiment_id = $1 AND s.name = $2 ORDER BY v.version");
    let rows = query(AssertSqlSafe(sql)).bind(id).bind(name).fetch_all(&mut **tx).await?;
    if rows.is_empty() {
        return Err(absent(experiment, name, None));
    }
    read(tx, &rows).await
}

/// A version, or the latest.
pub(super) async fn get(
    tx: &mut Transaction,
    experiment: &str,
    name: &str,
    version: Option<i64>,
) -> Result<Scorer, Error> {
    let id = experiments::active(tx, experiment).await?.id;
    let mut statement = Statement::default();
    let (id, named) = (statement.number(id), statement.text(name));
    statement.and(format!("s.experiment_id = {id} AND s.name = {named}"));
    let version_is =
        version.map_or_else(|| LATEST.to_owned(), |version| format!("v.version = {}", statement.number(version)));
    statement.and(version_is);
    let rows = statement.rows(tx, &format!("SELECT {COLUMNS} {FROM}"), "").await?;
    let mut scorers = read(tx, &rows).await?;
    scorers.pop().ok_or_else(|| absent(experiment, name, version))
}

async fn read(tx: &mut Transaction, rows: &[AnyRow]) -> Result<Vec<Scorer>, Error> {
    let mut scorers = rows.iter().map(Scorer::of).collect::<Result<Vec<_>, _>>()?;
    name_endpoints(tx, &mut scorers).await?;
    Ok(scorers)
}

/// Endpoints that are asked are kept by their ids, and told by their names of now.
pub(super) async fn name_endpoints(tx: &mut Transaction, scorers: &mut [Scorer]) -> Result<(), Error> {
    let mut names = None;
    for scorer in scorers {
        let json: Value = serde_json::from_str(&scorer.serialized).unwrap_or_default();
        let Some(id) = serialized::endpoint(&json).map(str::to_owned) else { continue };
        let names = match &mut names {
            Some(names) => names,
            none => none.insert(gateway::endpoint_names(tx).await?),
        };
        scorer.serialized = serialized::asking(json, names.get(&id).map(String::as_str));
    }
    Ok(())
}

/// Deletes a version, or the scorer with all of them.
pub(super) async fn delete(
    tx: &mut Transaction,
    experiment: &str,
    name: &str,
    version: Option<i64>,
) -> Result<(), Error> {
    let id = id(tx, experiment, name).await?;
    let deletion = match version {
        None => query("DELETE FROM scorer_versions WHERE scorer_id = $1").bind(&id),
        Some(version) => {
            query("DELETE FROM scorer_versions WHERE scorer_id = $1 AND version = $2").bind(&id).bind(version)
        }
    };
    if deletion.execute(&mut **tx).await?.rows_affected() == 0 {
        return Err(absent(experiment, name, version));
    }
    if version.is_none() {
        query("DELETE FROM online_scoring WHERE scorer_id = $1").bind(&id).execute(&mut **tx).await?;
        query("DELETE FROM scorers WHERE id = $1").bind(&id).execute(&mut **tx).await?;
        gateway::unbind_scorer(tx, &id).await?;
    }
    Ok(())
}

/// The id of a scorer, which may have lost all of its versions.
pub(super) async fn id(tx: &mut Transaction, experiment: &str, name: &str) -> Result<String, Error> {
    let number = experiments::active(tx, experiment).await?.id;
    let sql = "SELECT id FROM scorers WHERE experiment_id = $1 AND name = $2";
    let id: Option<String> = query_scalar(sql).bind(number).bind(name).fetch_optional(&mut **tx).await?;
    id.ok_or_else(|| absent(experiment, name, None))
}

fn absent(experiment: &str, name: &str, version: Option<i64>) -> Error {
    let version = version.map(|version| format!(" and version {version}")).unwrap_or_default();
    Error::does_not_exist(format!("Scorer with name '{name}'{version} not found for experiment {experiment}."))
}
