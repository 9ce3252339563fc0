//! Runs, their parameters, tags and inputs.

use std::collections::HashMap;

use strata_database::{Row, query};
use uuid::Uuid;

use super::{Export, PAGE};
use crate::lifecycle::rows::{Rows, row};
use crate::lifecycle::{Error, Progress};
use crate::statement::Statement;

impl Export<'_> {
    pub(super) async fn runs(&mut self, progress: Progress<'_>) -> Result<(), Error> {
        let datasets = self.datasets().await?;
        let mut last = i64::MIN;
        loop {
            let sql = "SELECT number, id, experiment_id, name, user_id, status, started_at, ended_at, deleted_at, \
                       artifact_uri, lifecycle_stage FROM runs WHERE number > $1 ORDER BY number LIMIT $2";
            let rows = query(sql).bind(last).bind(PAGE).fetch_all(&mut *self.from).await?;
            let mut runs: HashMap<i64, String> = HashMap::new();
            let columns = "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, \
                           end_time, source_version, lifecycle_stage, artifact_uri, experiment_id, deleted_time";
            let mut there = Rows::new("runs", columns, "");
            for row in &rows {
                let text = |at: usize| row.try_get::<String, _>(at);
                let time = |at: usize| row.try_get::<Option<i64>, _>(at);
                let (number, id, experiment): (i64, String, i64) = (row.try_get(0)?, text(1)?, row.try_get(2)?);
                let place = self.places.own(text(9)?);
                // MLflow itself writes what a run came from into tags, and these into the columns.
                let run = row![
                    &id,
                    text(3)?,
                    "UNKNOWN",
                    "",
                    "",
                    text(4)?,
                    text(5)?,
                    time(6)?,
                    time(7)?,
                    "",
                    text(10)?,
                    place,
                    experiment,
                    time(8)?
                ];
                there.push(&mut self.to, run).await?;
                runs.insert(number, id);
                last = number;
            }
            there.flush(&mut self.to).await?;
            if runs.is_empty() {
                return Ok(());
            }
            self.exported.params += self.pairs("run_params", "params", &runs).await?;
            self.exported.tags += self.pairs("run_tags", "tags", &runs).await?;
            self.inputs(&runs, &datasets).await?;
            self.exported.runs += runs.len() as u64;
            self.tell(progress, runs.len() as u64);
            self.metrics(&runs, progress).await?;
        }
    }

    /// Parameters or tags.
    async fn pairs(&mut self, ours: &str, theirs: &str, runs: &HashMap<i64, String>) -> Result<u64, Error> {
        let mut statement = Statement::default();
        let list = statement.numbers(&runs.keys().copied().collect::<Vec<_>>());
        statement.and(format!("run IN ({list})"));
        let mut there = Rows::new(theirs, "run_uuid, key, value", "");
        let head = format!("SELECT run, key, value FROM {ours}");
        for row in statement.rows(&mut self.from, &head, "ORDER BY run, key").await? {
            let Some(run) = runs.get(&row.try_get(0)?) else { continue };
            let (key, value): (String, String) = (row.try_get(1)?, row.try_get(2)?);
            there.push(&mut self.to, row![run, key, value]).await?;
        }
        there.flush(&mut self.to).await
    }

    /// The datasets of all experiments; what each is called there, by its number here.
    async fn datasets(&mut self) -> Result<HashMap<i64, String>, Error> {
        let columns = "dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, dataset_schema, \
                       dataset_profile";
        let mut there = Rows::new("datasets", columns, "");
        let mut datasets = HashMap::new();
        let sql = "SELECT number, experiment_id, name, digest, source_type, source, schema, profile FROM datasets";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (uuid, text) = (uuid(), |at: usize| row.try_get::<Option<String>, _>(at));
            let experiment: i64 = row.try_get(1)?;
            let dataset = row![&uuid, experiment, text(2)?, text(3)?, text(4)?, text(5)?, text(6)?, text(7)?];
            there.push(&mut self.to, dataset).await?;
            datasets.insert(row.try_get(0)?, uuid);
        }
        there.flush(&mut self.to).await?;
        Ok(datasets)
    }

    /// What runs took in and gave out.
    async fn inputs(&mut self, runs: &HashMap<i64, String>, datasets: &HashMap<i64, String>) -> Result<(), Error> {
        let columns = "input_uuid, source_type, source_id, destination_type, destination_id, step";
        let mut there = Rows::new("inputs", columns, "ON CONFLICT DO NOTHING");
        let mut statement = Statement::default();
        let list = statement.numbers(&runs.keys().copied().collect::<Vec<_>>());
        statement.and(format!("run IN ({list})"));
        let mut inputs: HashMap<i64, String> = HashMap::new();
        let head = "SELECT number, run, dataset FROM run_datasets";
        for row in statement.rows(&mut self.from, head, "ORDER BY number").await? {
            let (run, dataset) = (runs.get(&row.try_get(1)?), datasets.get(&row.try_get(2)?));
            let (Some(run), Some(dataset)) = (run, dataset) else { continue };
            let uuid = uuid();
            there.push(&mut self.to, row![&uuid, "DATASET", dataset, "RUN", run, 0_i64]).await?;
            inputs.insert(row.try_get(0)?, uuid);
        }
        self.exported.dataset_inputs += inputs.len() as u64;

        let mut statement = Statement::default();
        let list = statement.texts(&runs.values().cloned().collect::<Vec<_>>());
        statement.and(format!("run_id IN ({list})"));
        let head = "SELECT run_id, model_id, direction, step FROM run_models";
        for row in statement.rows(&mut self.from, head, "ORDER BY id").await? {
            let (run, model, direction): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let (source, destination) = match direction.as_str() {
                "input" => ("RUN_INPUT", "MODEL_INPUT"),
                _ => ("RUN_OUTPUT", "MODEL_OUTPUT"),
            };
            let step: i64 = row.try_get(3)?;
            there.push(&mut self.to, row![uuid(), source, run, destination, model, step]).await?;
        }
        there.flush(&mut self.to).await?;

        let mut statement = Statement::default();
        let list = statement.numbers(&inputs.keys().copied().collect::<Vec<_>>());
        statement.and(format!("input IN ({list})"));
        let mut tags = Rows::new("input_tags", "input_uuid, name, value", "");
        let rows = statement.rows(&mut self.from, "SELECT input, key, value FROM run_dataset_tags", "").await?;
        for row in rows {
            let Some(input) = inputs.get(&row.try_get(0)?) else { continue };
            let (key, value): (String, String) = (row.try_get(1)?, row.try_get(2)?);
            tags.push(&mut self.to, row![input, key, value]).await?;
        }
        tags.flush(&mut self.to).await?;
        Ok(())
    }
}

/// As MLflow invents them.
fn uuid() -> String {
    Uuid::new_v4().simple().to_string()
}
