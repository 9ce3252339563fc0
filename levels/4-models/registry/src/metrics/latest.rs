//! The latest point of each series.

use std::collections::HashMap;

use strata_database::{AssertSqlSafe, Row, Transaction, query};

use super::point::Point;
use super::{Metric, ROWS, Series};
use crate::Error;
use crate::statement::placeholders;

/// A row of `metrics`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latest {
    /// The order in which a run's keys came.
    pub(super) place: i64,
    pub(super) point: Point,
}

/// What these runs, by their numbers, measured last, of each key, in the order in which the keys came.
pub(crate) async fn latest(tx: &mut Transaction, runs: &[i64]) -> Result<HashMap<i64, Vec<Metric>>, Error> {
    let mut metrics: HashMap<i64, Vec<Metric>> = HashMap::new();
    for runs in runs.chunks(1000) {
        let sql = format!(
            "SELECT m.run, k.key, m.value, m.timestamp, m.step FROM metrics m JOIN metric_keys k ON k.id = m.key \
             WHERE m.run IN {} ORDER BY m.run, m.place",
            placeholders(1, runs.len())
        );
        let question = runs.iter().fold(query(AssertSqlSafe(sql)), |question, run| question.bind(*run));
        for row in question.fetch_all(&mut **tx).await? {
            metrics.entry(row.try_get(0)?).or_default().push(Metric {
                key: row.try_get(1)?,
                value: row.try_get::<Option<f64>, _>(2)?.unwrap_or(f64::NAN),
                timestamp: row.try_get(3)?,
                step: row.try_get(4)?,
                model_id: None,
                dataset: None,
            });
        }
    }
    Ok(metrics)
}

/// Of those of these series that are there.
pub(super) async fn of(tx: &mut Transaction, series: &[Series]) -> Result<HashMap<Series, Latest>, Error> {
    let mut latest = HashMap::new();
    for series in series.chunks(ROWS) {
        let sql = format!(
            "WITH wanted (run, key) AS (VALUES {}) SELECT m.run, m.key, m.place, m.value, m.timestamp, m.step \
             FROM wanted w JOIN metrics m ON m.run = w.run AND m.key = w.key",
            placeholders(series.len(), 2)
        );
        let question = query(AssertSqlSafe(sql));
        let question = series.iter().fold(question, |question, (run, key)| question.bind(*run).bind(*key));
        for row in question.fetch_all(&mut **tx).await? {
            let value = row.try_get::<Option<f64>, _>(3)?.unwrap_or(f64::NAN);
            let point = Point { timestamp: row.try_get(4)?, step: row.try_get(5)?, value };
            latest.insert((row.try_get(0)?, row.try_get(1)?), Latest { place: row.try_get(2)?, point });
        }
    }
    Ok(latest)
}

/// How many series each of these runs has.
pub(super) async fn counts(tx: &mut Transaction, runs: &[i64]) -> Result<HashMap<i64, i64>, Error> {
    let list = placeholders(1, runs.len());
    let sql = format!("SELECT run, count(*) FROM metrics WHERE run IN {list} GROUP BY run");
    let question = runs.iter().fold(query(AssertSqlSafe(sql)), |question, run| question.bind(*run));
    let rows = question.fetch_all(&mut **tx).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Puts these in the place of what was there. What is not a number is bound as such, and not as NULL, which to sqlx is of
/// another type than a number is: Postgres then refuses the numbers that come after it.
pub(super) async fn put(tx: &mut Transaction, latest: &[(Series, Latest)]) -> Result<(), Error> {
    for latest in latest.chunks(ROWS) {
        let sql = format!(
            "WITH latest (run, key, place, value, timestamp, step) AS (VALUES {}) \
             INSERT INTO metrics (run, key, place, value, timestamp, step) \
             SELECT run, key, place, NULLIF(value, 'NaN'), timestamp, step FROM latest WHERE TRUE \
             ON CONFLICT (run, key) DO UPDATE SET \
             value = excluded.value, timestamp = excluded.timestamp, step = excluded.step",
            placeholders(latest.len(), 6)
        );
        let mut statement = query(AssertSqlSafe(sql));
        for ((run, key), Latest { place, point }) in latest {
            let Point { timestamp, step, .. } = point;
            statement = statement.bind(run).bind(key).bind(place).bind(point.value).bind(timestamp).bind(step);
        }
        statement.execute(&mut **tx).await?;
    }
    Ok(())
}
