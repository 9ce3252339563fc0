//! Where to begin: of a million runs, a comparison may leave ten or all, and a page of either must not take long.
//!
//! If an index knows of few runs only, they are looked at one by one. Else the runs are gone through in the order that is
//! asked for, until the page is full: where many are fine, that is soon.

use strata_clause::{Clause, Operand};
use strata_database::{Row, Transaction};

use super::filter::{Entity, number};
use crate::Error;
use crate::statement::Statement;

/// As many runs as are looked at one by one at most.
const FEW: i64 = 5_000;
/// An index holds so much of the beginning of a text.
const PREFIX: usize = 64;

/// The runs that may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Those of this comparison, by its place in the filter.
    Clause(usize),
    /// All of the experiments, who have few.
    Experiments,
    /// In the order that is asked for.
    Order,
}

/// Asks the indexes how many runs there are of each comparison, without counting further than to [`FEW`]. So many runs
/// (`wanted`) are to be found; None if it takes all of them to know which.
pub(super) async fn start(
    tx: &mut Transaction,
    clauses: &[Clause],
    experiments: &[i64],
    wanted: Option<i64>,
) -> Result<Start, Error> {
    let mut statement = Statement::default();
    let list = statement.numbers(experiments);
    let all = format!("SELECT n.number AS run FROM runs n WHERE n.experiment_id IN ({list})");
    let mut starts = vec![(Start::Experiments, all)];
    for (place, clause) in clauses.iter().enumerate() {
        if let Some(runs) = runs(&mut statement, clause)? {
            starts.push((Start::Clause(place), runs));
        }
    }
    let count = |(_, runs): &(Start, String)| format!("(SELECT count(*) FROM ({runs} LIMIT {FEW}) few)");
    let counts = starts.iter().map(count).collect::<Vec<_>>().join(", ");
    let question = format!("SELECT (SELECT coalesce(max(number), 0) FROM runs), {counts}");
    let Some(row) = statement.row(tx, &question).await? else { return Ok(Start::Order) };
    let total: i64 = row.try_get(0)?;
    // Of n runs, m of which are fine, one goes through n / m for each that is wanted; or looks at m, and sorts them.
    let few = wanted.map_or(FEW, |wanted| (wanted.saturating_mul(total) / 2).isqrt().min(FEW));
    let mut best = (few, Start::Order);
    for (place, (start, _)) in starts.iter().enumerate() {
        let count: i64 = row.try_get(place + 1)?;
        if count < best.0 {
            best = (count, *start);
        }
    }
    Ok(best.1)
}

/// The numbers of the runs of a comparison, if an index knows them: perhaps some more, never fewer.
pub(super) fn runs(statement: &mut Statement, clause: &Clause) -> Result<Option<String>, Error> {
    let operator = clause.operator.as_str();
    let runs = match (Entity::of(clause.entity.as_deref())?, operator, &clause.value) {
        (Entity::Metric, "=" | "<" | "<=" | ">" | ">=", Operand::Number(value)) => {
            let (key, value) = (statement.text(&clause.key), statement.double(number(value)?));
            format!(
                "SELECT x.run FROM metrics x WHERE x.key = (SELECT id FROM metric_keys WHERE key = {key}) \
                 AND x.value {operator} {value}"
            )
        }
        (Entity::Param, "=", Operand::Text(value)) => pair(statement, "run_params", &clause.key, value),
        (Entity::Tag, "=", Operand::Text(value)) => pair(statement, "run_tags", &clause.key, value),
        (Entity::Attribute, "=", Operand::Text(name)) if clause.key.to_lowercase().replace(' ', "_") == "run_name" => {
            let name = statement.text(prefix(name));
            format!("SELECT x.number AS run FROM runs x WHERE substr(x.name, 1, {PREFIX}) = {name}")
        }
        _ => return Ok(None),
    };
    Ok(Some(runs))
}

fn pair(statement: &mut Statement, table: &str, key: &str, value: &str) -> String {
    let (key, value) = (statement.text(key), statement.text(prefix(value)));
    format!("SELECT x.run FROM {table} x WHERE x.key = {key} AND substr(x.value, 1, {PREFIX}) = {value}")
}

fn prefix(text: &str) -> String {
    text.chars().take(PREFIX).collect()
}
