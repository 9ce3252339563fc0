//! Reading logged models.

use std::collections::HashMap;

use strata_database::{AssertSqlSafe, Row, Transaction, query};

use super::model::{COLUMNS, Metric, Model};
use crate::Error;

/// One of them, deleted or not.
pub(crate) async fn any(tx: &mut Transaction, id: &str) -> Result<Model, Error> {
    one(tx, id, "").await
}

/// One that was not deleted.
pub(crate) async fn model(tx: &mut Transaction, id: &str) -> Result<Model, Error> {
    one(tx, id, "AND m.deleted = 0").await
}

async fn one(tx: &mut Transaction, id: &str, and: &str) -> Result<Model, Error> {
    let sql = format!("SELECT {COLUMNS} FROM logged_models m WHERE m.id = $1 {and}");
    let row = query(AssertSqlSafe(sql)).bind(id).fetch_optional(&mut **tx).await?;
    let Some(row) = row else {
        return Err(Error::does_not_exist(format!("Logged model with ID '{id}' not found.")));
    };
    let mut models = vec![Model::of(&row)?];
    complete(tx, &mut models).await?;
    models.pop().ok_or_else(|| Error::does_not_exist(format!("Logged model with ID '{id}' not found.")))
}

/// Reads what hangs on these, in three questions however many they are.
pub(crate) async fn complete(tx: &mut Transaction, models: &mut [Model]) -> Result<(), Error> {
    // Placeholders have an end, so ids are asked for in parts.
    for models in models.chunks_mut(500) {
        let places: HashMap<String, usize> = models.iter().enumerate().map(|(i, m)| (m.id.clone(), i)).collect();
        let list = (1..=models.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        for (table, is_tags) in [("logged_model_tags", true), ("logged_model_params", false)] {
            let sql = format!("SELECT model_id, key, value FROM {table} WHERE model_id IN ({list}) ORDER BY key");
            let mut question = query(AssertSqlSafe(sql));
            for model in &*models {
                question = question.bind(model.id.clone());
            }
            for row in question.fetch_all(&mut **tx).await? {
                let Some(place) = places.get(row.try_get::<&str, _>(0)?) else { continue };
                let pair = (row.try_get(1)?, row.try_get(2)?);
                let model = &mut models[*place];
                if is_tags { model.tags.push(pair) } else { model.params.push(pair) }
            }
        }
        let sql = format!(
            "SELECT model_id, key, value, timestamp, step, run_id, dataset_name, dataset_digest \
             FROM logged_model_metrics WHERE model_id IN ({list}) ORDER BY id"
        );
        let mut question = query(AssertSqlSafe(sql));
        for model in &*models {
            question = question.bind(model.id.clone());
        }
        for row in question.fetch_all(&mut **tx).await? {
            let Some(place) = places.get(row.try_get::<&str, _>(0)?) else { continue };
            let dataset = row.try_get::<Option<String>, _>(6)?.zip(row.try_get::<Option<String>, _>(7)?);
            let metric = Metric {
                model_id: row.try_get(0)?,
                key: row.try_get(1)?,
                value: row.try_get::<Option<f64>, _>(2)?.unwrap_or(f64::NAN),
                timestamp: row.try_get(3)?,
                step: row.try_get(4)?,
                run_id: row.try_get(5)?,
                dataset,
            };
            models[*place].metrics.push(metric);
        }
    }
    Ok(())
}
