//! Deleting traces, with all that hangs on them.

use strata_database::{AssertSqlSafe, Row, Transaction, query};

use crate::Error;
use crate::statement::Statement;

/// Which of an experiment.
#[derive(Debug, Default)]
pub(super) struct Which {
    pub(super) experiment: i64,
    /// As old as this, or older, in milliseconds.
    pub(super) until: Option<i64>,
    /// At most so many, the oldest first.
    pub(super) most: Option<i64>,
    pub(super) ids: Vec<String>,
}

impl Which {
    /// Everything is never meant: either a time or ids are given, and a number only with a time.
    pub(super) fn check(&self) -> Result<(), Error> {
        match (self.until, self.ids.is_empty()) {
            (None, true) => {
                return Err(Error::invalid("Either `max_timestamp_millis` or `trace_ids` must be specified."));
            }
            (Some(_), false) => {
                return Err(Error::invalid("Only one of `max_timestamp_millis` and `trace_ids` can be specified."));
            }
            _ => {}
        }
        if self.most.is_some() && !self.ids.is_empty() {
            return Err(Error::invalid("`max_traces` can't be specified if `trace_ids` is specified."));
        }
        if let Some(most) = self.most.filter(|most| *most <= 0) {
            return Err(Error::invalid(format!("`max_traces` must be a positive integer, received {most}.")));
        }
        Ok(())
    }
}

/// How many there were.
pub(super) async fn delete(tx: &mut Transaction, which: &Which) -> Result<i64, Error> {
    which.check()?;
    let mut statement = Statement::default();
    let experiment = statement.number(which.experiment);
    statement.and(format!("t.experiment_id = {experiment}"));
    if let Some(until) = which.until {
        let until = statement.number(until);
        statement.and(format!("t.request_time <= {until}"));
    }
    if !which.ids.is_empty() {
        let ids = statement.texts(&which.ids);
        statement.and(format!("t.id IN ({ids})"));
    }
    let limit = which.most.map(|most| format!(" LIMIT {}", statement.number(most))).unwrap_or_default();
    let tail = format!("ORDER BY t.request_time, t.id{limit}");
    let rows = statement.rows(tx, "SELECT t.id FROM traces t", &tail).await?;
    for row in &rows {
        let id: &str = row.try_get(0)?;
        for table in ["trace_tags", "trace_metadata", "spans", "trace_links", "assessments"] {
            let sql = format!("DELETE FROM {table} WHERE trace_id = $1");
            query(AssertSqlSafe(sql)).bind(id).execute(&mut **tx).await?;
        }
        query("DELETE FROM traces WHERE id = $1").bind(id).execute(&mut **tx).await?;
    }
    Ok(rows.len() as i64)
}
