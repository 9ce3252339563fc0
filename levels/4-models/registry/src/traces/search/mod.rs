//! Searching traces: a filter and an order become one statement.

mod condition;
mod field;
mod order;
mod pattern;

use strata_clause::parse;
use strata_database::{Row, Transaction};

use self::pattern::Pattern;
use super::info::Info;
use super::load;
use crate::Error;
use crate::statement::Statement;

/// What is asked.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) experiments: Vec<i64>,
    pub(super) filter: String,
    pub(super) order_by: Vec<String>,
    pub(super) limit: i64,
    pub(super) offset: i64,
}

/// The traces that are sought: those of a statement which are in all sets of the patterns too.
struct Sought<'a> {
    experiments: &'a [i64],
    statement: Statement,
    patterns: Vec<Pattern>,
}

impl<'a> Sought<'a> {
    fn of(experiments: &'a [i64], filter: &str) -> Result<Self, Error> {
        let mut statement = Statement::default();
        let list = statement.numbers(experiments);
        statement.and(format!("t.experiment_id IN ({list})"));
        let patterns = condition::add_all(&mut statement, &parse(filter)?)?;
        Ok(Self { experiments, statement, patterns })
    }

    async fn ids(self, tx: &mut Transaction, tail: &str) -> Result<Vec<String>, Error> {
        let rows = self.statement.rows(tx, "SELECT t.id FROM traces t", tail).await?;
        let mut ids = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
        for pattern in self.patterns {
            let found = pattern.found(tx, self.experiments).await?;
            ids.retain(|id| found.contains(id));
        }
        Ok(ids)
    }
}

/// Whether it is a filter of traces.
pub(crate) fn check_filter(filter: &str) -> Result<(), Error> {
    Sought::of(&[], filter).map(drop)
}

/// The traces of one page, and one more where there is one.
pub(super) async fn infos(tx: &mut Transaction, search: &Search) -> Result<Vec<Info>, Error> {
    let mut sought = Sought::of(&search.experiments, &search.filter)?;
    let order = order::order(&mut sought.statement, &search.order_by)?;
    if !sought.patterns.is_empty() {
        let ids = sought.ids(tx, &format!("ORDER BY {order}")).await?;
        let page: Vec<String> = ids.into_iter().skip(search.offset as usize).take(search.limit as usize).collect();
        return load::infos(tx, &page, None).await;
    }
    let mut statement = sought.statement;
    let (limit, offset) = (statement.number(search.limit), statement.number(search.offset));
    let head = format!("SELECT {} FROM traces t", load::COLUMNS);
    let rows = statement.rows(tx, &head, &format!("ORDER BY {order} LIMIT {limit} OFFSET {offset}")).await?;
    let mut infos = rows.iter().map(load::row).collect::<Result<Vec<_>, _>>()?;
    load::complete(tx, &mut infos).await?;
    Ok(infos)
}

/// The ids of all traces for which a filter holds.
pub(super) async fn ids(tx: &mut Transaction, experiments: &[i64], filter: &str) -> Result<Vec<String>, Error> {
    Sought::of(experiments, filter)?.ids(tx, "").await
}
