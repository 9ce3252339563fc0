//! The rows that hang on runs, logged models and experiments, in the order in which they go.

use strata_database::{AssertSqlSafe, Transaction, query, query_scalar};

use crate::lifecycle::Error;

/// Of a run, by its number.
const OF_RUN_NUMBERS: [(&str, &str); 7] = [
    ("run_dataset_tags", "input IN (SELECT number FROM run_datasets WHERE run = $1)"),
    ("run_datasets", "run = $1"),
    ("run_params", "run = $1"),
    ("run_tags", "run = $1"),
    ("metrics", "run = $1"),
    ("metric_chunks", "run = $1"),
    ("runs", "number = $1"),
];
/// Of a run, by its id.
const OF_RUN_IDS: [(&str, &str); 3] = [
    ("run_models", "run_id = $1"),
    ("logged_model_metrics", "run_id = $1"),
    ("trace_links", "kind = 'run' AND target = $1"),
];
/// Of a logged model.
const OF_MODELS: [(&str, &str); 5] = [
    ("logged_model_params", "model_id = $1"),
    ("logged_model_tags", "model_id = $1"),
    ("logged_model_metrics", "model_id = $1"),
    ("run_models", "model_id = $1"),
    ("logged_models", "id = $1"),
];
/// Of an experiment, whose runs and logged models have gone.
const OF_EXPERIMENTS: [(&str, &str); 17] = [
    ("trace_tags", OF_TRACES),
    ("trace_metadata", OF_TRACES),
    ("trace_links", OF_TRACES),
    ("assessments", OF_TRACES),
    ("spans", OF_TRACES),
    ("traces", "experiment_id = $1"),
    ("datasets", "experiment_id = $1"),
    // The dataset itself may be in other experiments too.
    ("evaluation_dataset_experiments", "experiment_id = $1"),
    ("issue_categories", "issue_id IN (SELECT id FROM issues WHERE experiment_id = $1)"),
    ("issues", "experiment_id = $1"),
    (
        "gateway_bindings",
        "resource_type = 'scorer' AND resource_id IN (SELECT id FROM scorers WHERE experiment_id = $1)",
    ),
    ("online_scoring", OF_SCORERS),
    ("scorer_versions", OF_SCORERS),
    ("scorers", "experiment_id = $1"),
    ("experiment_tags", "experiment = $1"),
    ("grants", "kind = 'experiment' AND resource = CAST($1 AS TEXT)"),
    ("experiments", "id = $1"),
];
const OF_SCORERS: &str = "scorer_id IN (SELECT id FROM scorers WHERE experiment_id = $1)";
const OF_TRACES: &str = "trace_id IN (SELECT id FROM traces WHERE experiment_id = $1)";

/// False if it is not deleted any more: somebody brought it back.
pub(super) async fn run(tx: &mut Transaction, id: &str) -> Result<bool, Error> {
    let sql = "SELECT number FROM runs WHERE id = $1 AND lifecycle_stage = 'deleted'";
    let Some(number) = query_scalar::<_, i64>(sql).bind(id).fetch_optional(&mut **tx).await? else { return Ok(false) };
    for (table, condition) in OF_RUN_IDS {
        query(delete(table, condition)).bind(id).execute(&mut **tx).await?;
    }
    for (table, condition) in OF_RUN_NUMBERS {
        query(delete(table, condition)).bind(number).execute(&mut **tx).await?;
    }
    Ok(true)
}

pub(super) async fn logged_model(tx: &mut Transaction, id: &str) -> Result<(), Error> {
    for (table, condition) in OF_MODELS {
        query(delete(table, condition)).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

pub(super) async fn experiment(tx: &mut Transaction, id: i64) -> Result<(), Error> {
    for (table, condition) in OF_EXPERIMENTS {
        query(delete(table, condition)).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

fn delete(table: &str, condition: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("DELETE FROM {table} WHERE {condition}"))
}

#[cfg(test)]
mod tests {
    use strata_config::Secret;
    use strata_database::{Database, query_scalar};

    use super::{OF_EXPERIMENTS, OF_MODELS, OF_RUN_IDS, OF_RUN_NUMBERS};
    use crate::migrations::MIGRATIONS;

    /// Columns that say to which run, logged model, trace or experiment a row belongs.
    const OWNERS: &str = "'run', 'run_id', 'model_id', 'trace_id', 'experiment', 'experiment_id'";

    /// Tables with such a column whose rows stay when their owner goes. A version of a model keeps the name of its run, and an
    /// endpoint of the gateway the number of its experiment.
    const STAY: [&str; 2] = ["model_versions", "gateway_endpoints"];

    /// A table that belongs to what is cleared away is cleared with it: who adds one says so here.
    #[tokio::test]
    async fn nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let url = Secret::new(format!("sqlite://{}/registry.db", folder.path().display()));
        let database = Database::open(&url, MIGRATIONS, &strata_runtime::clock::System).await.unwrap();
        let mut tx = database.read().await.unwrap();
        let sql = format!(
            "SELECT DISTINCT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' \
             AND c.name IN ({OWNERS})"
        );
        let sql = strata_database::AssertSqlSafe(sql);
        let tables: Vec<String> = query_scalar(sql).fetch_all(&mut *tx).await.unwrap();
        assert!(tables.len() > 10, "{tables:?}");
        let lists: [&[(&str, &str)]; 4] = [&OF_RUN_NUMBERS, &OF_RUN_IDS, &OF_MODELS, &OF_EXPERIMENTS];
        let cleared: Vec<&str> = lists.into_iter().flatten().map(|(table, _)| *table).collect();
        for table in &tables {
            let known = cleared.contains(&table.as_str()) || STAY.contains(&table.as_str());
            assert!(known, "{table} belongs to something that `gc` clears away: add it to the lists of {}", file!());
        }
    }
}
