//! Evaluation datasets, their tags, experiments and records.

use serde_json::{Map, Value};
use strata_database::{AnyRow, Row, SqlError, Transaction, query};

use super::{Import, PAGE};
use crate::evaluation_datasets::input_hash;
use crate::lifecycle::Error;
use crate::lifecycle::mlflow::WRAPPED;
use crate::lifecycle::rows::{Rows, row};

impl Import<'_> {
    pub(super) async fn evaluation_datasets(&mut self) -> Result<(), Error> {
        let mut from = self.source.read().await?;
        let mut tx = self.store.write().await?;
        let columns = "id, name, schema, records, digest, created_at, updated_at, created_by, updated_by";
        let mut here = Rows::replacing("evaluation_datasets", columns, "id");
        let sql = "SELECT dataset_id, name, schema, digest, created_time, last_update_time, created_by, last_updated_by \
                   FROM evaluation_datasets WHERE workspace = $1 ORDER BY dataset_id";
        let mut ids = Vec::new();
        for row in query(sql).bind(self.workspace.to_owned()).fetch_all(&mut *from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let id: String = row.try_get(0)?;
            let created_at = row.try_get::<Option<i64>, _>(4)?.unwrap_or(0);
            let updated_at = row.try_get::<Option<i64>, _>(5)?.unwrap_or(created_at);
            let (name, digest) = (text(1)?.unwrap_or_default(), text(3)?.unwrap_or_default());
            let dataset = row![&id, name, text(2)?, 0_i64, digest, created_at, updated_at, text(6)?, text(7)?];
            here.push(&mut tx, dataset).await?;
            ids.push(id);
        }
        self.imported.evaluation_datasets = here.flush(&mut tx).await?;

        let mut tags = Rows::replacing("evaluation_dataset_tags", "dataset, key, value", "dataset, key");
        let sql = "SELECT t.dataset_id, t.key, t.value FROM evaluation_dataset_tags t JOIN evaluation_datasets d \
                   ON d.dataset_id = t.dataset_id WHERE d.workspace = $1";
        for row in query(sql).bind(self.workspace.to_owned()).fetch_all(&mut *from).await? {
            let (id, key): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            tags.push(&mut tx, row![id, key, row.try_get::<Option<String>, _>(2)?.unwrap_or_default()]).await?;
        }
        tags.flush(&mut tx).await?;

        let mut experiments =
            Rows::new("evaluation_dataset_experiments", "dataset, experiment_id", "ON CONFLICT DO NOTHING");
        let sql = "SELECT a.source_id, a.destination_id FROM entity_associations a JOIN evaluation_datasets d \
                   ON d.dataset_id = a.source_id WHERE a.source_type = 'evaluation_dataset' AND \
                   a.destination_type = 'experiment' AND d.workspace = $1";
        for row in query(sql).bind(self.workspace.to_owned()).fetch_all(&mut *from).await? {
            let there = row.try_get::<&str, _>(1)?.parse().ok();
            let Some(here) = there.and_then(|id: i64| self.experiments.get(&id)).copied() else { continue };
            experiments.push(&mut tx, row![row.try_get::<&str, _>(0)?, here]).await?;
        }
        experiments.flush(&mut tx).await?;

        for id in &ids {
            self.imported.evaluation_records += records(&mut from, &mut tx, id).await?;
        }
        let sql = "UPDATE evaluation_datasets SET records = (SELECT count(*) FROM evaluation_dataset_records r \
                   WHERE r.dataset = evaluation_datasets.id)";
        query(sql).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

/// Of a dataset. A record with inputs that are here already takes the place of the one with them.
async fn records(from: &mut Transaction, tx: &mut Transaction, dataset: &str) -> Result<u64, Error> {
    let columns = "id, dataset, input_hash, content, created_at, updated_at, created_by, updated_by";
    let mut here = Rows::replacing("evaluation_dataset_records", columns, "dataset, input_hash");
    let mut last = String::new();
    loop {
        let sql = "SELECT dataset_record_id, CAST(inputs AS TEXT), CAST(outputs AS TEXT), CAST(expectations AS TEXT), \
                   CAST(tags AS TEXT), CAST(source AS TEXT), source_type, source_id, created_time, last_update_time, \
                   created_by, last_updated_by FROM evaluation_dataset_records \
                   WHERE dataset_id = $1 AND dataset_record_id > $2 ORDER BY dataset_record_id LIMIT $3";
        let page = query(sql).bind(dataset.to_owned()).bind(last).bind(PAGE).fetch_all(&mut **from).await?;
        let Some(end) = page.last() else { break };
        last = end.try_get(0)?;
        for row in &page {
            let content = content(row)?;
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let created_at = row.try_get::<Option<i64>, _>(8)?.unwrap_or(0);
            let updated_at = row.try_get::<Option<i64>, _>(9)?.unwrap_or(created_at);
            let hash = input_hash(&content["inputs"]);
            let content = Value::Object(content).to_string();
            let record = row![text(0)?, dataset, hash, content, created_at, updated_at, text(10)?, text(11)?];
            here.push(tx, record).await?;
        }
    }
    here.flush(tx).await
}

/// A record as it is on the wire, which is how it is kept here.
fn content(row: &AnyRow) -> Result<Map<String, Value>, SqlError> {
    let json = |at: usize| {
        let text: Option<String> = row.try_get(at)?;
        let value: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok::<_, SqlError>(value.filter(|value| !value.is_null()))
    };
    let mut content = Map::new();
    content.insert("inputs".to_owned(), json(1)?.unwrap_or_else(|| Map::new().into()));
    if let Some(outputs) = json(2)?.as_mut().and_then(|outputs| outputs.get_mut(WRAPPED)) {
        content.insert("outputs".to_owned(), outputs.take());
    }
    for (name, at) in [("expectations", 3), ("tags", 4), ("source", 5)] {
        if let Some(value) = json(at)? {
            content.insert(name.to_owned(), value);
        }
    }
    for (name, at) in [("source_type", 6), ("source_id", 7)] {
        if let Some(text) = row.try_get::<Option<String>, _>(at)? {
            content.insert(name.to_owned(), text.into());
        }
    }
    Ok(content)
}
