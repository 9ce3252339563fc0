//! Making, changing and deleting runs, and what people write on them.

use strata_database::{AssertSqlSafe, Row, Transaction, query};

use super::pair::Pair;
use super::run::{ACTIVE, DELETED, Run};
use crate::Error;
use crate::statement::placeholders;

/// Placeholders have an end.
const AT_ONCE: usize = 100;

/// The tag that repeats a run's name.
pub(crate) const NAME: &str = "mlflow.runName";

/// A new one, with its tags; its number is its row's.
pub(crate) async fn create(tx: &mut Transaction, mut run: Run, tags: &[Pair]) -> Result<Run, Error> {
    let sql = "INSERT INTO runs (id, experiment_id, name, user_id, status, started_at, ended_at, artifact_uri, \
               lifecycle_stage) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING number";
    let row = query(sql)
        .bind(&run.id)
        .bind(run.experiment_id)
        .bind(&run.name)
        .bind(&run.user_id)
        .bind(&run.status)
        .bind(run.started_at)
        .bind(run.ended_at)
        .bind(&run.artifact_uri)
        .bind(&run.lifecycle_stage)
        .fetch_one(&mut **tx)
        .await?;
    run.number = row.try_get(0)?;
    put_tags(tx, run.number, tags.iter().collect()).await?;
    Ok(run)
}

/// Its name, status and end; the tag of its name goes with it.
pub(crate) async fn update(tx: &mut Transaction, run: &Run) -> Result<(), Error> {
    let sql = "UPDATE runs SET name = $2, status = $3, ended_at = $4 WHERE number = $1";
    query(sql).bind(run.number).bind(&run.name).bind(&run.status).bind(run.ended_at).execute(&mut **tx).await?;
    put_tag(tx, run.number, &Pair { key: NAME.to_owned(), value: run.name.clone() }).await
}

/// It is not found any more unless one asks for what was deleted.
pub(crate) async fn delete(tx: &mut Transaction, run: &Run, now: i64) -> Result<(), Error> {
    stage(tx, run, DELETED, Some(now)).await
}

/// It is as if it had not been deleted.
pub(crate) async fn restore(tx: &mut Transaction, run: &Run) -> Result<(), Error> {
    stage(tx, run, ACTIVE, None).await
}

async fn stage(tx: &mut Transaction, run: &Run, stage: &str, at: Option<i64>) -> Result<(), Error> {
    let sql = "UPDATE runs SET lifecycle_stage = $2, deleted_at = $3 WHERE number = $1";
    query(sql).bind(run.number).bind(stage).bind(at).execute(&mut **tx).await?;
    Ok(())
}

/// Parameters are written once; the same again is fine.
pub(crate) async fn log_params(tx: &mut Transaction, run: &Run, params: &[Pair]) -> Result<(), Error> {
    let mut written = 0;
    for params in params.chunks(AT_ONCE) {
        let sql = format!(
            "INSERT INTO run_params (run, key, value) VALUES {} ON CONFLICT (run, key) DO NOTHING",
            placeholders(params.len(), 3)
        );
        let statement = query(AssertSqlSafe(sql));
        let statement = params.iter().fold(statement, |statement, Pair { key, value }| {
            statement.bind(run.number).bind(key.clone()).bind(value.clone())
        });
        written += statement.execute(&mut **tx).await?.rows_affected();
    }
    if written == params.len() as u64 {
        return Ok(());
    }
    let mut others = Vec::new();
    for param in params {
        let sql = "SELECT value FROM run_params WHERE run = $1 AND key = $2";
        let old: String = query(sql).bind(run.number).bind(&param.key).fetch_one(&mut **tx).await?.try_get(0)?;
        if old != param.value {
            others.push((param, old));
        }
    }
    let Some((first, old)) = others.first() else { return Ok(()) };
    if params.len() == 1 {
        return Err(Error::invalid(format!(
            "Changing param values is not allowed. Param with key='{}' was already logged with value='{old}' for run \
             ID='{}'. Attempted logging new value '{}'.",
            first.key, run.id, first.value
        )));
    }
    let all = others.iter().map(|(param, old)| {
        format!("{{'key': '{}', 'old_value': '{old}', 'new_value': '{}'}}", param.key, param.value)
    });
    Err(Error::invalid(format!(
        "Changing param values is not allowed. Params were already logged='[{}]' for run ID='{}'.",
        all.collect::<Vec<_>>().join(", "),
        run.id
    )))
}

/// Of a key that is there twice, the last value counts.
pub(crate) async fn set_tags(tx: &mut Transaction, run: &Run, tags: &[Pair]) -> Result<(), Error> {
    if let Some(tag) = tags.iter().rfind(|tag| tag.key == NAME) {
        update(tx, &Run { name: tag.value.clone(), ..run.clone() }).await?;
    }
    put_tags(tx, run.number, tags.iter().filter(|tag| tag.key != NAME).collect()).await
}

async fn put_tag(tx: &mut Transaction, run: i64, tag: &Pair) -> Result<(), Error> {
    put_tags(tx, run, vec![tag]).await
}

async fn put_tags(tx: &mut Transaction, run: i64, mut tags: Vec<&Pair>) -> Result<(), Error> {
    // The last of each key.
    tags.reverse();
    tags.sort_by(|one, other| one.key.cmp(&other.key));
    tags.dedup_by(|one, other| one.key == other.key);
    for tags in tags.chunks(AT_ONCE) {
        let sql = format!(
            "INSERT INTO run_tags (run, key, value) VALUES {} ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
            placeholders(tags.len(), 3)
        );
        let statement = query(AssertSqlSafe(sql));
        let statement = tags.iter().fold(statement, |statement, Pair { key, value }| {
            statement.bind(run).bind(key.clone()).bind(value.clone())
        });
        statement.execute(&mut **tx).await?;
    }
    Ok(())
}

pub(crate) async fn delete_tag(tx: &mut Transaction, run: &Run, key: &str) -> Result<(), Error> {
    let sql = "DELETE FROM run_tags WHERE run = $1 AND key = $2";
    if query(sql).bind(run.number).bind(key).execute(&mut **tx).await?.rows_affected() == 0 {
        return Err(Error::does_not_exist(format!("No tag with name: {key} in run with id {}", run.id)));
    }
    Ok(())
}

/// The tag in which old clients list the models of a run.
const MODELS: &str = "mlflow.log-model.history";

/// Adds a model to that list.
pub(crate) async fn record_model(tx: &mut Transaction, run: &Run, model: serde_json::Value) -> Result<(), Error> {
    let sql = "SELECT value FROM run_tags WHERE run = $1 AND key = $2";
    let old = query(sql).bind(run.number).bind(MODELS).fetch_optional(&mut **tx).await?;
    let old: Option<String> = old.map(|row| row.try_get(0)).transpose()?;
    let mut models: Vec<serde_json::Value> = old.and_then(|old| serde_json::from_str(&old).ok()).unwrap_or_default();
    models.push(model);
    let value = serde_json::Value::from(models).to_string();
    put_tag(tx, run.number, &Pair { key: MODELS.to_owned(), value }).await
}
