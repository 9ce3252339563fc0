//! Metrics with their histories, packed as they come.

use std::collections::HashMap;

use futures::{StreamExt, TryStreamExt};
use strata_database::{AnyRow, Row, SqlError, query};

use super::Import;
use crate::lifecycle::{Error, Progress};
use crate::metrics::{self, Metric};
use crate::runs::Run;
use crate::statement::Statement;

/// Points that are written in one transaction: others write between two of them.
const AT_ONCE: usize = 10_000;

impl Import<'_> {
    /// Those of these runs. A run that has as many points here as there has them all: each is kept once.
    pub(super) async fn metrics(
        &mut self,
        ids: &[String],
        runs: &HashMap<String, Run>,
        progress: Progress<'_>,
    ) -> Result<(), Error> {
        let (there, here) = (self.counts_there(ids).await?, self.counts_here(runs).await?);
        for (id, count) in there {
            let Some(run) = runs.get(&id) else { continue };
            if here.get(&run.number) == Some(&count) {
                self.imported.runs_already_there += 1;
                self.tell(progress, count.unsigned_abs());
            } else {
                self.history(run, progress).await?;
            }
        }
        Ok(())
    }

    async fn counts_there(&self, ids: &[String]) -> Result<Vec<(String, i64)>, Error> {
        let mut statement = Statement::default();
        let list = statement.texts(ids);
        statement.and(format!("run_uuid IN ({list})"));
        let mut from = self.source.read().await?;
        let rows = statement.rows(&mut from, "SELECT run_uuid, count(*) FROM metrics", "GROUP BY run_uuid").await?;
        Ok(rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, SqlError>>()?)
    }

    async fn counts_here(&self, runs: &HashMap<String, Run>) -> Result<HashMap<i64, i64>, Error> {
        let mut statement = Statement::default();
        let list = statement.numbers(&runs.values().map(|run| run.number).collect::<Vec<_>>());
        statement.and(format!("run IN ({list})"));
        let mut tx = self.store.read().await?;
        let head = "SELECT run, CAST(sum(count) AS BIGINT) FROM metric_chunks";
        let rows = statement.rows(&mut tx, head, "GROUP BY run").await?;
        Ok(rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, SqlError>>()?)
    }

    async fn history(&mut self, run: &Run, progress: Progress<'_>) -> Result<(), Error> {
        // The latest first, in the order in which the keys came: so they are shown.
        let order = if self.source.file().is_some() { "rowid" } else { "ctid" };
        let columns = "SELECT key, value, timestamp, step, CAST(is_nan AS INTEGER)";
        let mut from = self.source.read().await?;
        let sql = format!("{columns} FROM latest_metrics WHERE run_uuid = $1 ORDER BY {order}");
        let rows = query(strata_database::AssertSqlSafe(sql)).bind(&run.id).fetch_all(&mut *from).await?;
        let latest = rows.iter().map(metric).collect::<Result<Vec<_>, _>>()?;
        self.log(run, &latest).await?;

        let sql = format!("{columns} FROM metrics WHERE run_uuid = $1 ORDER BY key, timestamp, step, value");
        let rows = query(strata_database::AssertSqlSafe(sql)).bind(run.id.clone()).fetch(&mut *from);
        let mut parts = rows.map(|row| metric(&row?)).try_chunks(AT_ONCE);
        while let Some(part) = parts.try_next().await.map_err(|error| error.1)? {
            self.log(run, &part).await?;
            self.imported.metric_points += part.len() as u64;
            self.tell(progress, part.len() as u64);
        }
        Ok(())
    }

    async fn log(&self, run: &Run, points: &[Metric]) -> Result<(), Error> {
        if points.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        metrics::log(&mut tx, run.number, points).await?;
        Ok(tx.commit().await?)
    }
}

fn metric(row: &AnyRow) -> Result<Metric, SqlError> {
    let is_number = row.try_get::<i64, _>(4)? == 0;
    Ok(Metric {
        key: row.try_get(0)?,
        value: if is_number { row.try_get(1)? } else { f64::NAN },
        timestamp: row.try_get::<Option<i64>, _>(2)?.unwrap_or(0),
        step: row.try_get(3)?,
        model_id: None,
        dataset: None,
    })
}
