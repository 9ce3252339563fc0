//! Which models a run took in, and which it gave out.

use std::collections::HashMap;

use serde_json::{Value, json};
use strata_database::{Row, Transaction, query};

use crate::Error;
use crate::statement::Statement;

const INPUT: &str = "input";
const OUTPUT: &str = "output";

/// A run worked with these.
pub(crate) async fn log_inputs(tx: &mut Transaction, run_id: &str, models: &[String]) -> Result<(), Error> {
    for model in models {
        insert(tx, run_id, model, INPUT, 0).await?;
    }
    Ok(())
}

/// A run made these, each at a step.
pub(crate) async fn log_outputs(tx: &mut Transaction, run_id: &str, models: &[(String, i64)]) -> Result<(), Error> {
    for (model, step) in models {
        insert(tx, run_id, model, OUTPUT, *step).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Transaction, run: &str, model: &str, direction: &str, step: i64) -> Result<(), Error> {
    let sql = "INSERT INTO run_models (run_id, model_id, direction, step) VALUES ($1, $2, $3, $4)";
    query(sql).bind(run).bind(model).bind(direction).bind(step).execute(&mut **tx).await?;
    Ok(())
}

/// `model_inputs` and `model_outputs` on the wire.
pub(crate) type Links = (Vec<Value>, Vec<Value>);

/// Of runs, by the id of the run.
pub(crate) async fn of_runs(tx: &mut Transaction, run_ids: &[String]) -> Result<HashMap<String, Links>, Error> {
    let mut statement = Statement::default();
    let ids = statement.texts(run_ids);
    statement.and(format!("run_id IN ({ids})"));
    let mut found: HashMap<String, Links> = HashMap::new();
    let head = "SELECT run_id, model_id, direction, step FROM run_models";
    for row in statement.rows(tx, head, "ORDER BY id").await? {
        let (inputs, outputs) = found.entry(row.try_get(0)?).or_default();
        let (model, step): (String, i64) = (row.try_get(1)?, row.try_get(3)?);
        if row.try_get::<&str, _>(2)? == INPUT {
            inputs.push(json!({ "model_id": model }));
        } else {
            outputs.push(json!({ "model_id": model, "step": step }));
        }
    }
    Ok(found)
}
