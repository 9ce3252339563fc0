//! Searching runs: a filter and an order become one statement, and its runs are loaded whole.

mod filter;
mod narrow;
mod order;

use axum::extract::State;
use serde_json::{Value, json};
use strata_clause::{Clause, parse};
use strata_database::Transaction;

use self::narrow::Start;
use super::load::whole;
use super::run::{ACTIVE, COLUMNS, DELETED, Run};

use crate::statement::Statement;
use crate::{Answer, Asked, Error, Shared, page};

/// Runs of a page where nobody says it, and at most.
const PAGE: i64 = 1_000;
const MOST: i64 = 50_000;

/// What is asked.
#[derive(Debug)]
struct Search {
    experiments: Vec<i64>,
    filter: String,
    order_by: Vec<String>,
    stages: &'static [&'static str],
    limit: i64,
    offset: i64,
}

impl Search {
    fn of(asked: &Asked) -> Result<Self, Error> {
        let number = |id: &String| {
            let invalid =
                || Error::invalid(format!("Invalid experiment ID '{id}'. Experiment ID must be a valid integer."));
            id.parse().map_err(|_| invalid())
        };
        let limit = asked.at_most("max_results", MOST)?.unwrap_or(PAGE);
        if limit < 1 {
            return Err(Error::invalid(format!(
                "Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer."
            )));
        }
        Ok(Self {
            experiments: asked.texts("experiment_ids")?.iter().map(number).collect::<Result<_, _>>()?,
            filter: asked.text("filter")?.unwrap_or_default(),
            order_by: asked.texts("order_by")?,
            stages: stages(asked, "run_view_type")?,
            limit,
            offset: page::offset(asked.text("page_token")?.as_deref())?,
        })
    }

    /// The runs of the page, and one more where there is one.
    async fn runs(&self, tx: &mut Transaction) -> Result<Vec<Run>, Error> {
        let clauses = parse(&self.filter)?;
        // What is wrong is said before anything is asked.
        for clause in &clauses {
            filter::condition(&mut Statement::default(), clause)?;
        }
        let order = order::of(&mut Statement::default(), &self.order_by)?;
        let (by_start, by_metric) = (order.by_start, order.walk.is_some());
        let start = if clauses.is_empty() && by_start {
            Start::Order
        } else {
            let wanted = (by_start || by_metric).then_some(self.limit.saturating_add(self.offset));
            narrow::start(tx, &clauses, &self.experiments, wanted).await?
        };
        if start == Start::Order && by_metric {
            let runs = self.ask(tx, &clauses, start, true).await?;
            // Else there are too few that have the metric.
            if runs.len() as i64 > self.limit {
                return Ok(runs);
            }
        }
        self.ask(tx, &clauses, start, false).await
    }

    async fn ask(&self, tx: &mut Transaction, clauses: &[Clause], start: Start, walk: bool) -> Result<Vec<Run>, Error> {
        let mut statement = Statement::default();
        let order = order::of(&mut statement, &self.order_by)?;
        let (mut from, mut joins, mut keys) = (String::new(), order.joins, order.keys);
        if let Some(walk) = order.walk.filter(|_| walk) {
            statement.and(walk.condition);
            statement.and("r.number = o0.run");
            (from, joins, keys) = (walk.from, walk.joins, walk.keys);
        }
        if let Start::Clause(place) = start
            && let Some(runs) = clauses.get(place).map(|clause| narrow::runs(&mut statement, clause)).transpose()?
        {
            from = format!("({}) d CROSS JOIN ", runs.unwrap_or_default());
            statement.and("r.number = d.run");
        }
        let experiments = statement.numbers(&self.experiments);
        statement.and(format!("r.experiment_id IN ({experiments})"));
        let stages: Vec<String> = self.stages.iter().map(|stage| (*stage).to_owned()).collect();
        let stages = statement.texts(&stages);
        statement.and(format!("r.lifecycle_stage IN ({stages})"));
        for clause in clauses {
            let condition = filter::condition(&mut statement, clause)?;
            statement.and(condition);
        }
        let (limit, offset) = (statement.number(self.limit + 1), statement.number(self.offset));
        let head = format!("SELECT {COLUMNS} FROM {from}runs r{joins}");
        let tail = format!("ORDER BY {keys} LIMIT {limit} OFFSET {offset}");
        Ok(statement.rows(tx, &head, &tail).await?.iter().map(Run::of).collect::<Result<_, _>>()?)
    }
}

/// The stages of life that a view has, by its name or its number in MLflow's protocol.
pub(crate) fn stages(asked: &Asked, name: &str) -> Result<&'static [&'static str], Error> {
    match asked.get(name) {
        None => Ok(&[ACTIVE]),
        Some(Value::String(view)) if view == "ACTIVE_ONLY" || view == "1" => Ok(&[ACTIVE]),
        Some(Value::String(view)) if view == "DELETED_ONLY" || view == "2" => Ok(&[DELETED]),
        Some(Value::String(view)) if view == "ALL" || view == "3" => Ok(&[ACTIVE, DELETED]),
        Some(Value::Number(view)) if view.as_i64() == Some(1) => Ok(&[ACTIVE]),
        Some(Value::Number(view)) if view.as_i64() == Some(2) => Ok(&[DELETED]),
        Some(Value::Number(view)) if view.as_i64() == Some(3) => Ok(&[ACTIVE, DELETED]),
        Some(other) => Err(Error::invalid(format!("Invalid value {other} for parameter '{name}' supplied."))),
    }
}

/// `POST /runs/search`.
pub(super) async fn search(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let search = Search::of(&asked)?;
    let mut tx = shared.read().await?;
    let mut runs = search.runs(&mut tx).await?;
    let more = runs.len() as i64 > search.limit;
    runs.truncate(search.limit as usize);
    let mut answer = json!({});
    if !runs.is_empty() {
        answer["runs"] = whole(&mut tx, &runs).await?.into();
    }
    if more {
        answer["next_page_token"] = page::token(search.offset + search.limit).into();
    }
    Ok(Answer(answer))
}

#[cfg(test)]
mod tests;
