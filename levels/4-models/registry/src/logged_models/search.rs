//! Searching logged models: a filter, datasets and an order become one statement.

use strata_clause::{Clause, Operand, parse, split};
use strata_database::Transaction;

use super::load::complete;
use super::model::{COLUMNS, Model};
use super::status::Status;
use crate::Error;
use crate::statement::Statement;

/// What is asked.
#[derive(Debug, Default)]
pub(crate) struct Search {
    pub(crate) experiments: Vec<i64>,
    pub(crate) filter: String,
    /// Only metrics on these count: names, each perhaps with a digest.
    pub(crate) datasets: Vec<(String, Option<String>)>,
    pub(crate) order_by: Vec<Order>,
    pub(crate) limit: i64,
    pub(crate) offset: i64,
}

/// One key of the order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    pub(crate) field: String,
    pub(crate) ascending: bool,
    pub(crate) dataset_name: Option<String>,
    pub(crate) dataset_digest: Option<String>,
}

/// The name of a column that people write, and the column.
const TEXTS: [(&str, &str); 7] = [
    ("name", "m.name"),
    ("model_id", "m.id"),
    ("model_type", "m.model_type"),
    ("source_run_id", "m.source_run_id"),
    ("status", "m.status"),
    ("status_message", "m.status_message"),
    ("artifact_location", "m.artifact_uri"),
];
const NUMBERS: [(&str, &str); 7] = [
    ("creation_time", "m.created_at"),
    ("creation_timestamp", "m.created_at"),
    ("creation_timestamp_ms", "m.created_at"),
    ("last_updated_time", "m.updated_at"),
    ("last_updated_timestamp", "m.updated_at"),
    ("last_updated_timestamp_ms", "m.updated_at"),
    ("experiment_id", "m.experiment_id"),
];

fn column(columns: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    columns.iter().find(|(known, _)| *known == name).map(|(_, column)| *column)
}

/// The models of one page, and one more where there is one.
pub(crate) async fn models(tx: &mut Transaction, search: &Search) -> Result<Vec<Model>, Error> {
    let mut statement = Statement::default();
    let experiments = statement.numbers(&search.experiments);
    statement.and(format!("m.experiment_id IN ({experiments})"));
    statement.and("m.deleted = 0");
    let clauses = parse(&search.filter)?;
    for clause in &clauses {
        let condition = condition(&mut statement, clause, &search.datasets)?;
        statement.and(condition);
    }
    let about_metrics = clauses.iter().any(|clause| clause.entity.as_deref() == Some("metrics"));
    if !search.datasets.is_empty() && !about_metrics {
        let on = on_datasets(&mut statement, &search.datasets);
        statement.and(format!("EXISTS (SELECT 1 FROM logged_model_metrics x WHERE x.model_id = m.id{on})"));
    }
    let order = order(&mut statement, search)?;
    let (limit, offset) = (statement.number(search.limit), statement.number(search.offset));
    let head = format!("SELECT {COLUMNS} FROM logged_models m");
    let rows = statement.rows(tx, &head, &format!("ORDER BY {order} LIMIT {limit} OFFSET {offset}")).await?;
    let mut models = rows.iter().map(Model::of).collect::<Result<Vec<_>, _>>()?;
    complete(tx, &mut models).await?;
    Ok(models)
}

fn condition(
    statement: &mut Statement,
    clause: &Clause,
    datasets: &[(String, Option<String>)],
) -> Result<String, Error> {
    let operator = clause.operator.as_str();
    match clause.entity.as_deref() {
        None | Some("attributes") => attribute(statement, clause),
        Some("metrics") => {
            numeric(clause)?;
            let latest = latest(statement, &clause.key, datasets, None);
            let value = statement.double(number(clause)?);
            Ok(format!("({latest}) {operator} {value}"))
        }
        Some(entity @ ("params" | "tags")) => {
            textual(clause)?;
            let key = statement.text(clause.key.clone());
            let test = statement.compare_text("x.value", operator, &texts(clause));
            Ok(format!(
                "EXISTS (SELECT 1 FROM logged_model_{entity} x WHERE x.model_id = m.id AND x.key = {key} AND {test})"
            ))
        }
        Some(other) => Err(Error::invalid(format!(
            "Invalid entity type: '{other}'. Expected one of ['attributes', 'metrics', 'params', 'tags']."
        ))),
    }
}

fn attribute(statement: &mut Statement, clause: &Clause) -> Result<String, Error> {
    let operator = clause.operator.as_str();
    if let Some(column) = column(&NUMBERS, &clause.key) {
        numeric(clause)?;
        let value = statement.double(number(clause)?);
        return Ok(format!("{column} {operator} {value}"));
    }
    let Some(column) = column(&TEXTS, &clause.key) else {
        return Err(Error::invalid(format!("Invalid attribute key in filter: '{}'", clause.key)));
    };
    textual(clause)?;
    if clause.key != "status" {
        return Ok(statement.compare_text(column, operator, &texts(clause)));
    }
    if !["=", "!=", "IN", "NOT IN"].contains(&operator) {
        return Err(Error::invalid(format!("Invalid comparison operator for status: {operator}")));
    }
    let unknown = |word: &str| Error::invalid(format!("Unknown model status in filter: '{word}'"));
    let statuses = texts(clause)
        .iter()
        .map(|word| Status::of_word(word).map(|status| status as i64).ok_or_else(|| unknown(word)))
        .collect::<Result<Vec<_>, _>>()?;
    let list = statement.numbers(&statuses);
    let within = if ["=", "IN"].contains(&operator) { "IN" } else { "NOT IN" };
    Ok(format!("{column} {within} ({list})"))
}

fn numeric(clause: &Clause) -> Result<(), Error> {
    allowed(clause, &["<", "<=", ">", ">=", "=", "!="])
}

fn textual(clause: &Clause) -> Result<(), Error> {
    allowed(clause, &["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"])
}

fn allowed(clause: &Clause, operators: &[&str]) -> Result<(), Error> {
    if operators.contains(&clause.operator.as_str()) {
        return Ok(());
    }
    let list = operators.iter().map(|operator| format!("'{operator}'")).collect::<Vec<_>>().join(", ");
    Err(Error::invalid(format!(
        "Invalid comparison operator for {}.{}: '{}'. Expected one of ({list}).",
        clause.entity.as_deref().unwrap_or("attributes"),
        clause.key,
        clause.operator
    )))
}

fn number(clause: &Clause) -> Result<f64, Error> {
    let (Operand::Number(text) | Operand::Text(text)) = &clause.value else {
        return Err(Error::invalid(format!("Expected a number for '{}'.", clause.key)));
    };
    text.parse().map_err(|_| Error::invalid(format!("could not convert string to float: '{text}'")))
}

fn texts(clause: &Clause) -> Vec<String> {
    match &clause.value {
        Operand::Text(text) | Operand::Number(text) => vec![text.clone()],
        Operand::List(list) => list.clone(),
        Operand::None => Vec::new(),
    }
}

/// The latest value of a metric: of the highest step, then time, then value.
fn latest(
    statement: &mut Statement,
    key: &str,
    datasets: &[(String, Option<String>)],
    own: Option<(&str, Option<&str>)>,
) -> String {
    let key = statement.text(key);
    let mut on = on_datasets(statement, datasets);
    if let Some((name, digest)) = own {
        let dataset = (name.to_owned(), digest.map(str::to_owned));
        on += &on_datasets(statement, &[dataset]);
    }
    format!(
        "SELECT x.value FROM logged_model_metrics x WHERE x.model_id = m.id AND x.key = {key}{on} \
         ORDER BY x.step DESC, x.timestamp DESC, x.value DESC LIMIT 1"
    )
}

fn on_datasets(statement: &mut Statement, datasets: &[(String, Option<String>)]) -> String {
    if datasets.is_empty() {
        return String::new();
    }
    let tests: Vec<String> = datasets
        .iter()
        .map(|(name, digest)| {
            let mut test = format!("x.dataset_name = {}", statement.text(name.clone()));
            if let Some(digest) = digest {
                let digest = statement.text(digest.clone());
                test = format!("{test} AND x.dataset_digest = {digest}");
            }
            format!("({test})")
        })
        .collect();
    format!(" AND ({})", tests.join(" OR "))
}

/// Models without the value go last in both directions; the newest goes first where nothing else was asked.
fn order(statement: &mut Statement, search: &Search) -> Result<String, Error> {
    let mut keys = Vec::new();
    let (mut by_time, mut by_id) = (false, false);
    for order in &search.order_by {
        let direction = if order.ascending { "ASC" } else { "DESC" };
        let value = if order.field.contains('.') {
            let (entity, key) = split(&order.field);
            if entity.as_deref() != Some("metrics") {
                return Err(Error::invalid(format!(
                    "Invalid order by field name: {}. Only metrics are supported.",
                    order.field
                )));
            }
            let own = order.dataset_name.as_deref().map(|name| (name, order.dataset_digest.as_deref()));
            format!("({})", latest(statement, &key, &search.datasets, own))
        } else {
            let column = column(&NUMBERS, &order.field).or_else(|| column(&TEXTS, &order.field));
            let column =
                column.ok_or_else(|| Error::invalid(format!("Invalid order by field name: {}", order.field)))?;
            by_time |= column == "m.created_at";
            by_id |= column == "m.id";
            column.to_owned()
        };
        keys.push(format!("{value} {direction} NULLS LAST"));
    }
    if !by_time {
        keys.push("m.created_at DESC".to_owned());
    }
    if !by_id {
        keys.push("m.id ASC".to_owned());
    }
    Ok(keys.join(", "))
}
