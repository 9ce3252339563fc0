//! Runs, their parameters, tags and inputs.

use std::collections::HashMap;

use strata_database::{AnyRow, Row, SqlError, Transaction, query};

use super::{Import, PAGE};
use crate::lifecycle::rows::{Rows, row};
use crate::lifecycle::{Error, Progress};
use crate::runs::{Input, Pair, Run, inputs};
use crate::statement::Statement;

impl Import<'_> {
    pub(super) async fn runs(&mut self, progress: Progress<'_>) -> Result<(), Error> {
        let mut last = String::new();
        loop {
            let sql = "SELECT r.run_uuid, r.experiment_id, r.name, r.user_id, r.status, r.start_time, r.end_time, \
                       r.deleted_time, r.artifact_uri, r.lifecycle_stage FROM runs r \
                       JOIN experiments e ON e.experiment_id = r.experiment_id \
                       WHERE e.workspace = $1 AND r.run_uuid > $2 ORDER BY r.run_uuid LIMIT $3";
            let mut from = self.source.read().await?;
            let question = query(sql).bind(self.workspace.to_owned()).bind(last).bind(PAGE);
            let rows = question.fetch_all(&mut *from).await?;
            let ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, SqlError>>()?;
            let Some(end) = ids.last().cloned() else { break };
            last = end;

            let mut tx = self.store.write().await?;
            let runs = self.rows(&mut tx, &rows, &ids).await?;
            self.imported.params += pairs(&mut from, &mut tx, "params", "run_params", &ids, &runs).await?;
            self.imported.tags += pairs(&mut from, &mut tx, "tags", "run_tags", &ids, &runs).await?;
            self.datasets(&mut from, &mut tx, &ids, &runs).await?;
            models(&mut from, &mut tx, &ids).await?;
            tx.commit().await?;
            drop(from);
            self.imported.runs += ids.len() as u64;
            self.tell(progress, ids.len() as u64);
            self.metrics(&ids, &runs, progress).await?;
        }
        Ok(())
    }

    /// The runs alone; as they are here then, by their ids.
    async fn rows(
        &mut self,
        tx: &mut Transaction,
        rows: &[AnyRow],
        ids: &[String],
    ) -> Result<HashMap<String, Run>, Error> {
        let columns = "id, experiment_id, name, user_id, status, started_at, ended_at, deleted_at, artifact_uri, \
                       lifecycle_stage";
        let mut here = Rows::replacing("runs", columns, "id");
        let text =
            |row: &AnyRow, at: usize| Ok::<_, SqlError>(row.try_get::<Option<String>, _>(at)?.unwrap_or_default());
        let time = |row: &AnyRow, at: usize| row.try_get::<Option<i64>, _>(at);
        for row in rows {
            let Some(experiment) = self.experiments.get(&row.try_get(1)?).copied() else { continue };
            let place = self.places.own(text(row, 8)?);
            let id: String = row.try_get(0)?;
            here.push(
                tx,
                row![
                    id,
                    experiment,
                    text(row, 2)?,
                    text(row, 3)?,
                    text(row, 4)?,
                    time(row, 5)?,
                    time(row, 6)?,
                    time(row, 7)?,
                    place,
                    text(row, 9)?
                ],
            )
            .await?;
        }
        here.flush(tx).await?;
        let mut statement = Statement::default();
        let list = statement.texts(ids);
        statement.and(format!("r.id IN ({list})"));
        let head = format!("SELECT {} FROM runs r", crate::runs::COLUMNS);
        let rows = statement.rows(tx, &head, "").await?;
        let runs = rows.iter().map(Run::of).collect::<Result<Vec<_>, _>>()?;
        Ok(runs.into_iter().map(|run| (run.id.clone(), run)).collect())
    }

    /// The datasets that runs worked with.
    async fn datasets(
        &mut self,
        from: &mut Transaction,
        tx: &mut Transaction,
        ids: &[String],
        runs: &HashMap<String, Run>,
    ) -> Result<(), Error> {
        let of_runs = |statement: &mut Statement| {
            let list = statement.texts(ids);
            statement.and("i.source_type = 'DATASET' AND i.destination_type = 'RUN'");
            statement.and(format!("i.destination_id IN ({list})"));
        };
        let mut statement = Statement::default();
        of_runs(&mut statement);
        let head =
            "SELECT t.input_uuid, t.name, t.value FROM inputs i JOIN input_tags t ON t.input_uuid = i.input_uuid";
        let mut tags: HashMap<String, Vec<Pair>> = HashMap::new();
        for row in statement.rows(from, head, "ORDER BY t.name").await? {
            let pair = Pair { key: row.try_get(1)?, value: row.try_get(2)? };
            tags.entry(row.try_get(0)?).or_default().push(pair);
        }
        let mut statement = Statement::default();
        of_runs(&mut statement);
        let head = "SELECT i.input_uuid, i.destination_id, d.name, d.digest, d.dataset_source_type, d.dataset_source, \
                    d.dataset_schema, d.dataset_profile FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id";
        for row in statement.rows(from, head, "ORDER BY i.destination_id, d.name, d.digest").await? {
            let Some(run) = runs.get(row.try_get::<&str, _>(1)?) else { continue };
            let mut input = Input::of_row(&row)?;
            input.tags = tags.remove(row.try_get::<&str, _>(0)?).unwrap_or_default();
            inputs::log(tx, run, &[input]).await?;
            self.imported.dataset_inputs += 1;
        }
        Ok(())
    }
}

/// Parameters or tags.
async fn pairs(
    from: &mut Transaction,
    tx: &mut Transaction,
    theirs: &str,
    ours: &str,
    ids: &[String],
    runs: &HashMap<String, Run>,
) -> Result<u64, Error> {
    let mut statement = Statement::default();
    let list = statement.texts(ids);
    statement.and(format!("run_uuid IN ({list})"));
    let mut here = Rows::replacing(ours, "run, key, value", "run, key");
    for row in statement.rows(from, &format!("SELECT run_uuid, key, value FROM {theirs}"), "").await? {
        let Some(run) = runs.get(row.try_get::<&str, _>(0)?) else { continue };
        let (key, value): (String, Option<String>) = (row.try_get(1)?, row.try_get(2)?);
        here.push(tx, row![run.number, key, value.unwrap_or_default()]).await?;
    }
    here.flush(tx).await
}

/// The logged models that runs took in and gave out, in the place of what was said of these runs.
async fn models(from: &mut Transaction, tx: &mut Transaction, ids: &[String]) -> Result<(), Error> {
    for id in ids {
        query("DELETE FROM run_models WHERE run_id = $1").bind(id).execute(&mut **tx).await?;
    }
    let mut statement = Statement::default();
    let list = statement.texts(ids);
    statement.and(format!("source_id IN ({list}) AND source_type IN ('RUN_INPUT', 'RUN_OUTPUT')"));
    let mut here = Rows::new("run_models", "run_id, model_id, direction, step", "");
    let head = "SELECT source_id, destination_id, source_type, step FROM inputs";
    for row in statement.rows(from, head, "ORDER BY source_id, step, destination_id").await? {
        let direction = if row.try_get::<&str, _>(2)? == "RUN_INPUT" { "input" } else { "output" };
        let (run, model, step): (String, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(3)?);
        here.push(tx, row![run, model, direction, step]).await?;
    }
    here.flush(tx).await?;
    Ok(())
}
