//! Figures over many traces: how many there are, how long they took, and what they used.
//!
//! The figures are of one experiment or more, grouped by dimensions and by time. Values are read in one statement and
//! counted here, so that percentiles are the same on both databases.

mod filter;
mod metric;
mod point;

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;
use strata_database::{AnyRow, Row, Transaction};

use crate::Error;
use crate::statement::Statement;
use metric::{Metric, Read};

/// What is asked.
#[derive(Debug, Default)]
pub(super) struct Measure {
    pub(super) experiments: Vec<i64>,
    pub(super) view: String,
    pub(super) metric: String,
    /// Each with its percentile, where it is one.
    pub(super) aggregations: Vec<(String, Option<f64>)>,
    pub(super) dimensions: Vec<String>,
    /// All of them hold: each is one comparison.
    pub(super) filters: Vec<String>,
    pub(super) interval_seconds: Option<i64>,
    pub(super) from: Option<i64>,
    pub(super) until: Option<i64>,
}

impl Measure {
    fn interval(&self) -> Option<i64> {
        self.interval_seconds.filter(|seconds| *seconds > 0)
    }
}

/// The points, in the order of their dimensions.
pub(super) async fn points(tx: &mut Transaction, measure: &Measure) -> Result<Vec<Value>, Error> {
    let metric = Metric::of(measure)?;
    let mut statement = Statement::default();
    let list = statement.numbers(&measure.experiments);
    statement.and(format!("t.experiment_id IN ({list})"));
    for (operator, bound) in [(">=", measure.from), ("<=", measure.until)] {
        if let Some(bound) = bound {
            let bound = statement.number(bound);
            statement.and(format!("{} {operator} {bound}", metric.bounded_by()));
        }
    }
    for filter in &measure.filters {
        filter::put(&mut statement, metric.view, filter)?;
    }
    let dimensions = measure.dimensions.iter().map(|dimension| Metric::dimension(&mut statement, dimension));
    let dimensions: Vec<Read> = dimensions.collect::<Result<_, _>>()?;
    let value = metric.value(&mut statement);
    let mut columns = vec![metric.time().to_owned(), value.sql.clone()];
    columns.extend(dimensions.iter().map(|read| read.sql.clone()));
    let head = format!("SELECT {} FROM {}", columns.join(", "), metric.view.from());
    let mut groups: BTreeMap<Vec<String>, Vec<Value>> = BTreeMap::new();
    for row in &statement.rows(tx, &head, "").await? {
        let Some(value) = value.of(row, 1)? else { continue };
        let Some(group) = group(row, measure, &dimensions)? else { continue };
        groups.entry(group).or_default().push(value);
    }
    groups.into_iter().map(|(group, values)| point::point(measure, group, &values)).collect()
}

/// The bucket of time, where one is asked for, and the dimensions; none where one of them is not there.
fn group(row: &AnyRow, measure: &Measure, dimensions: &[Read]) -> Result<Option<Vec<String>>, Error> {
    let mut group = Vec::new();
    if let Some(seconds) = measure.interval() {
        let time: i64 = row.try_get(0)?;
        let start = DateTime::from_timestamp_millis(time - time.rem_euclid(seconds.saturating_mul(1000)));
        group.push(start.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, false));
    }
    for (at, dimension) in dimensions.iter().enumerate() {
        match dimension.of(row, at + 2)? {
            Some(Value::String(text)) => group.push(text),
            Some(other) => group.push(other.to_string()),
            None => return Ok(None),
        }
    }
    Ok(Some(group))
}
