//! What runs measure of logged models.

use std::collections::HashSet;

use strata_database::{AssertSqlSafe, Row, Transaction, query, query_scalar};

use crate::Error;
use crate::metrics::Metric;

/// Keeps those of a run's metrics that are of a model, each once.
pub(crate) async fn log(tx: &mut Transaction, run: i64, metrics: &[Metric]) -> Result<(), Error> {
    let of_models: Vec<_> = metrics.iter().filter_map(|metric| Some((metric.model_id.as_deref()?, metric))).collect();
    if of_models.is_empty() {
        return Ok(());
    }
    check(tx, of_models.iter().map(|(model, _)| *model).collect()).await?;
    let run_id: String = query_scalar("SELECT id FROM runs WHERE number = $1").bind(run).fetch_one(&mut **tx).await?;
    for part in of_models.chunks(1000) {
        put(tx, &run_id, part).await?;
    }
    Ok(())
}

async fn check(tx: &mut Transaction, models: HashSet<&str>) -> Result<(), Error> {
    let list = (1..=models.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT id FROM logged_models WHERE id IN ({list})");
    let question = models.iter().fold(query(AssertSqlSafe(sql)), |question, id| question.bind((*id).to_owned()));
    let mut known = HashSet::new();
    for row in question.fetch_all(&mut **tx).await? {
        known.insert(row.try_get::<String, _>(0)?);
    }
    match models.iter().find(|id| !known.contains(**id)) {
        None => Ok(()),
        Some(id) => Err(Error::does_not_exist(format!("Logged model with ID '{id}' not found."))),
    }
}

async fn put(tx: &mut Transaction, run_id: &str, metrics: &[(&str, &Metric)]) -> Result<(), Error> {
    let row = |row: usize| {
        let place = |column: usize| format!("${}", row * 7 + column + 1);
        // Postgres cannot tell what a value of NULL is of; and to sqlx a NULL is of another type than a number is.
        format!(
            "({}, {}, NULLIF(CAST({} AS DOUBLE PRECISION), 'NaN'), {}, {}, CAST({} AS TEXT), CAST({} AS TEXT), {})",
            place(1),
            place(2),
            place(3),
            place(4),
            place(5),
            place(6),
            place(7),
            row
        )
    };
    let rows = (0..metrics.len()).map(row).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "WITH measured (model_id, key, value, timestamp, step, dataset_name, dataset_digest, place) AS (VALUES {rows}) \
         INSERT INTO logged_model_metrics \
         (model_id, key, value, timestamp, step, run_id, dataset_name, dataset_digest) \
         SELECT n.model_id, n.key, n.value, n.timestamp, n.step, $1, n.dataset_name, n.dataset_digest FROM measured n \
         WHERE NOT EXISTS (SELECT 1 FROM logged_model_metrics m WHERE m.model_id = n.model_id AND m.key = n.key \
         AND m.run_id = $1 AND m.timestamp = n.timestamp AND m.step = n.step \
         AND m.value IS NOT DISTINCT FROM n.value AND m.dataset_name IS NOT DISTINCT FROM n.dataset_name \
         AND m.dataset_digest IS NOT DISTINCT FROM n.dataset_digest) \
         AND NOT EXISTS (SELECT 1 FROM measured b WHERE b.place < n.place AND b.model_id = n.model_id \
         AND b.key = n.key AND b.timestamp = n.timestamp AND b.step = n.step \
         AND b.value IS NOT DISTINCT FROM n.value AND b.dataset_name IS NOT DISTINCT FROM n.dataset_name \
         AND b.dataset_digest IS NOT DISTINCT FROM n.dataset_digest) ORDER BY n.place"
    );
    let mut statement = query(AssertSqlSafe(sql)).bind(run_id.to_owned());
    for (model, metric) in metrics {
        let (name, digest) = metric.dataset.clone().unzip();
        statement = statement.bind((*model).to_owned()).bind(metric.key.clone()).bind(metric.point().value);
        statement = statement.bind(metric.timestamp).bind(metric.step).bind(name).bind(digest);
    }
    statement.execute(&mut **tx).await?;
    Ok(())
}
