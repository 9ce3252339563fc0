//! Runs with all that hangs on them, in as many questions for a page of them as for one.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use strata_database::{Row, Transaction};

use super::inputs;
use super::packed::{Fields, packed};
use super::pair::Pair;
use super::run::Run;
use crate::Error;
use crate::logged_models::links;
use crate::metrics::{self, Metric};
use crate::statement::Statement;

/// A page as clients ask for it. Their parameters and tags come as one text, and placeholders have an end.
const AT_ONCE: usize = 100;

/// `Run` on the wire, of each of these.
pub(crate) async fn whole(tx: &mut Transaction, runs: &[Run]) -> Result<Vec<Value>, Error> {
    let mut found = Vec::with_capacity(runs.len());
    for runs in runs.chunks(AT_ONCE) {
        let numbers: Vec<i64> = runs.iter().map(|run| run.number).collect();
        let ids: Vec<String> = runs.iter().map(|run| run.id.clone()).collect();
        let mut metrics = metrics::latest(tx, &numbers).await?;
        let mut params = pairs(tx, "run_params", &numbers).await?;
        let mut tags = pairs(tx, "run_tags", &numbers).await?;
        let mut datasets = inputs::of(tx, &numbers).await?;
        let mut models = links::of_runs(tx, &ids).await?;
        for run in runs {
            let mut data = Map::new();
            put(&mut data, "metrics", metrics.remove(&run.number).unwrap_or_default().iter().map(Metric::to_json));
            put(&mut data, "params", params.remove(&run.number).unwrap_or_default().iter().map(Pair::to_json));
            put(&mut data, "tags", tags.remove(&run.number).unwrap_or_default().iter().map(Pair::to_json));
            let (taken, given) = models.remove(&run.id).unwrap_or_default();
            let (mut inputs, mut outputs) = (Map::new(), Map::new());
            put(&mut inputs, "dataset_inputs", datasets.remove(&run.number).unwrap_or_default().into_iter());
            put(&mut inputs, "model_inputs", taken.into_iter());
            put(&mut outputs, "model_outputs", given.into_iter());
            found.push(json!({ "info": run.info(), "data": data, "inputs": inputs, "outputs": outputs }));
        }
    }
    Ok(found)
}

/// What is empty is left out.
fn put(fields: &mut Map<String, Value>, name: &str, values: impl Iterator<Item = Value>) {
    let values: Vec<Value> = values.collect();
    if !values.is_empty() {
        fields.insert(name.to_owned(), values.into());
    }
}

/// What hangs on runs, by the number of the run, in the order of its keys.
async fn pairs(tx: &mut Transaction, table: &str, runs: &[i64]) -> Result<HashMap<i64, Vec<Pair>>, Error> {
    let mut statement = Statement::default();
    let runs = statement.numbers(runs);
    statement.and(format!("run IN ({runs})"));
    let head = format!("SELECT {} FROM {table}", packed(&["CAST(run AS TEXT)", "key", "value"]));
    let mut found: HashMap<i64, Vec<Pair>> = HashMap::new();
    for row in statement.rows(tx, &head, "").await? {
        let Some(text) = row.try_get::<Option<String>, _>(0)? else { continue };
        let mut fields = Fields(&text);
        while let (Some(run), Some(key), Some(value)) = (fields.next(), fields.next(), fields.next()) {
            let run = run.parse().map_err(|_| Error::internal("a run has no number"))?;
            found.entry(run).or_default().push(Pair { key: key.to_owned(), value: value.to_owned() });
        }
    }
    for pairs in found.values_mut() {
        pairs.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    }
    Ok(found)
}
