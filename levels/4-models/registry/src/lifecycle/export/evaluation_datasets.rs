//! Evaluation datasets, their tags, experiments and records.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use strata_database::{Row, query};
use uuid::Uuid;

use super::{Export, PAGE, python};
use crate::lifecycle::Error;
use crate::lifecycle::mlflow::WRAPPED;
use crate::lifecycle::rows::{Rows, Value as Cell, row};

impl Export<'_> {
    pub(super) async fn evaluation_datasets(&mut self) -> Result<(), Error> {
        let columns =
            "dataset_id, name, schema, profile, digest, created_time, last_update_time, created_by, last_updated_by";
        let mut there = Rows::new("evaluation_datasets", columns, "");
        let sql = "SELECT id, name, schema, records, digest, created_at, updated_at, created_by, updated_by \
                   FROM evaluation_datasets ORDER BY created_at, id";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let text = |at: usize| row.try_get::<Option<String>, _>(at);
            let (count, created_at, updated_at): (i64, i64, i64) = (row.try_get(3)?, row.try_get(5)?, row.try_get(6)?);
            let profile = (count > 0).then(|| python::text(&json!({ "num_records": count })));
            let dataset =
                row![text(0)?, text(1)?, text(2)?, profile, text(4)?, created_at, updated_at, text(7)?, text(8)?];
            there.push(&mut self.to, dataset).await?;
        }
        self.exported.evaluation_datasets = there.flush(&mut self.to).await?;

        let mut tags = Rows::new("evaluation_dataset_tags", "dataset_id, key, value", "");
        for row in query("SELECT dataset, key, value FROM evaluation_dataset_tags").fetch_all(&mut *self.from).await? {
            let (id, key, value): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            tags.push(&mut self.to, row![id, key, value]).await?;
        }
        tags.flush(&mut self.to).await?;

        let columns = "association_id, source_type, source_id, destination_type, destination_id, created_time";
        let mut experiments = Rows::new("entity_associations", columns, "");
        let now = self.store.now();
        let sql = "SELECT dataset, experiment_id FROM evaluation_dataset_experiments";
        for row in query(sql).fetch_all(&mut *self.from).await? {
            let (dataset, experiment): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            let id = Uuid::new_v4().simple().to_string();
            let experiment = experiment.to_string();
            let association = row![id, "evaluation_dataset", dataset, "experiment", experiment, now];
            experiments.push(&mut self.to, association).await?;
        }
        experiments.flush(&mut self.to).await?;
        self.evaluation_records().await
    }

    async fn evaluation_records(&mut self) -> Result<(), Error> {
        let columns = "dataset_record_id, dataset_id, inputs, outputs, expectations, tags, source, source_type, source_id, \
                       created_time, last_update_time, created_by, last_updated_by, input_hash";
        let mut there = Rows::new("evaluation_dataset_records", columns, "");
        let mut last = String::new();
        loop {
            let sql = "SELECT id, dataset, content, created_at, updated_at, created_by, updated_by \
                       FROM evaluation_dataset_records WHERE id > $1 ORDER BY id LIMIT $2";
            let page = query(sql).bind(last).bind(PAGE).fetch_all(&mut *self.from).await?;
            let Some(end) = page.last() else { break };
            last = end.try_get(0)?;
            for row in &page {
                let (id, dataset): (String, String) = (row.try_get(0)?, row.try_get(1)?);
                let content: Map<String, Value> = serde_json::from_str(row.try_get(2)?).unwrap_or_default();
                let json = |name: &str| Cell::Json(content.get(name).map(Value::to_string));
                let text = |name: &str| content.get(name).and_then(Value::as_str);
                let person = |at: usize| row.try_get::<Option<String>, _>(at);
                let outputs = content.get("outputs").map(|outputs| json!({ WRAPPED: outputs }).to_string());
                let inputs = content.get("inputs").cloned().unwrap_or_else(|| json!({}));
                let hash = hex::encode(Sha256::digest(python::text(&inputs)));
                let (created_at, updated_at): (i64, i64) = (row.try_get(3)?, row.try_get(4)?);
                let record = row![
                    id,
                    dataset,
                    Cell::Json(Some(inputs.to_string())),
                    Cell::Json(outputs),
                    json("expectations"),
                    json("tags"),
                    json("source"),
                    text("source_type"),
                    text("source_id"),
                    created_at,
                    updated_at,
                    person(5)?,
                    person(6)?,
                    hash
                ];
                there.push(&mut self.to, record).await?;
            }
        }
        self.exported.evaluation_records = there.flush(&mut self.to).await?;
        Ok(())
    }
}
