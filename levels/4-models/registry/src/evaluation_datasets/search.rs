//! Searching datasets: a filter and an order become one statement.

use strata_clause::{Clause, Operand, order as order_key, parse, split};
use strata_database::Transaction;

use super::dataset::{COLUMNS, Dataset};
use super::store::tagged;
use crate::Error;
use crate::statement::Statement;

/// What is searched for.
#[derive(Debug)]
pub(super) struct Search {
    /// Of these experiments only, if any are named.
    pub(super) experiments: Vec<String>,
    pub(super) filter: String,
    pub(super) order_by: Vec<String>,
    pub(super) limit: i64,
    pub(super) offset: i64,
}

/// A page of them, and whether there are more.
pub(super) async fn search(tx: &mut Transaction, search: &Search) -> Result<(Vec<Dataset>, bool), Error> {
    let mut statement = Statement::default();
    if !search.experiments.is_empty() {
        let numbers: Vec<i64> = search.experiments.iter().filter_map(|id| id.parse().ok()).collect();
        let numbers = statement.numbers(&numbers);
        statement.and(format!(
            "EXISTS (SELECT 1 FROM evaluation_dataset_experiments e WHERE e.dataset = d.id \
             AND e.experiment_id IN ({numbers}))"
        ));
    }
    for clause in parse(&search.filter)? {
        let condition = condition(&mut statement, &clause)?;
        statement.and(condition);
    }
    let order = order(&search.order_by)?;
    let (limit, offset) = (statement.number(search.limit + 1), statement.number(search.offset));
    let head = format!("SELECT {COLUMNS} FROM evaluation_datasets d");
    let rows = statement.rows(tx, &head, &format!("ORDER BY {order} LIMIT {limit} OFFSET {offset}")).await?;
    let mut datasets: Vec<Dataset> = rows.iter().map(Dataset::of).collect::<Result<_, _>>()?;
    let more = datasets.len() as i64 > search.limit;
    datasets.truncate(search.limit as usize);
    tagged(tx, &mut datasets).await?;
    Ok((datasets, more))
}

/// Attributes with their columns, those first by which can be ordered.
const ATTRIBUTES: [(&str, &str); 5] = [
    ("name", "d.name"),
    ("created_time", "d.created_at"),
    ("last_update_time", "d.updated_at"),
    ("created_by", "d.created_by"),
    ("last_updated_by", "d.updated_by"),
];
const ORDERED: usize = 3;

fn column(key: &str, known: &[(&str, &'static str)]) -> Result<&'static str, Error> {
    let found = known.iter().find(|(name, _)| *name == key).map(|(_, column)| *column);
    found.ok_or_else(|| {
        let names = known.iter().map(|(name, _)| format!("'{name}'")).collect::<Vec<_>>().join(", ");
        Error::invalid(format!("Invalid attribute key '{key}' specified. Valid keys are: {{{names}}}"))
    })
}

fn is_tag(entity: Option<&str>) -> Result<bool, Error> {
    match entity {
        None => Ok(false),
        Some("tags") => Ok(true),
        Some(other) => Err(Error::invalid(format!("Invalid identifier token '{other}' specified"))),
    }
}

fn condition(statement: &mut Statement, clause: &Clause) -> Result<String, Error> {
    let operator = clause.operator.as_str();
    let invalid = |what: &str| Error::invalid(format!("Invalid comparator for {what}: {operator}"));
    if is_tag(clause.entity.as_deref())? {
        if !["=", "!=", "LIKE", "ILIKE"].contains(&operator) {
            return Err(invalid("tag"));
        }
        let text = match &clause.value {
            Operand::Text(text) => text.clone(),
            other => return Err(expected("tag (e.g. 'my-value')", other)),
        };
        let key = statement.text(clause.key.clone());
        let test = statement.compare_text("t.value", operator, &[text]);
        return Ok(format!(
            "EXISTS (SELECT 1 FROM evaluation_dataset_tags t WHERE t.dataset = d.id AND t.key = {key} AND {test})"
        ));
    }
    let key = clause.key.as_str();
    let column = column(key, &ATTRIBUTES)?;
    if key.ends_with("_time") {
        let Operand::Number(number) = &clause.value else {
            let found = &clause.value;
            let message = format!("Expected numeric value type for numeric attribute: {key}. Found {found}");
            return Err(Error::invalid(message));
        };
        if !["=", "!=", "<", "<=", ">", ">="].contains(&operator) {
            return Err(invalid("numeric attribute"));
        }
        let no_number = |_| Error::invalid(format!("Invalid value for numeric attribute '{key}': '{number}'"));
        let number = statement.number(number.parse().map_err(no_number)?);
        return Ok(format!("{column} {operator} {number}"));
    }
    match (operator, &clause.value) {
        ("IN", Operand::List(list)) if key == "name" => Ok(statement.compare_text(column, operator, list)),
        (_, Operand::List(_)) if key == "name" => {
            Err(Error::invalid("List values for 'name' are only supported with the IN comparator."))
        }
        (_, Operand::List(_)) => {
            Err(Error::invalid("Only ['name'] attributes support comparison with a list of quoted string values."))
        }
        ("=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE", Operand::Text(text)) => {
            Ok(statement.compare_text(column, operator, std::slice::from_ref(text)))
        }
        (_, Operand::Text(_)) => Err(invalid("string attribute")),
        (_, other) => Err(expected("attributes", other)),
    }
}

fn expected(what: &str, found: &Operand) -> Error {
    Error::invalid(format!("Expected a quoted string value for {what}. Got value {found}"))
}

/// The newest first, where nothing else was asked; what is equal in it, by its id.
fn order(order_by: &[String]) -> Result<String, Error> {
    let mut keys = Vec::new();
    for text in order_by {
        let (identifier, direction) = order_key(text)?;
        let (entity, key) = split(identifier);
        if is_tag(entity.as_deref())? {
            return Err(Error::invalid("Invalid order_by entity: tag"));
        }
        keys.push(format!("{} {direction}", column(&key, &ATTRIBUTES[..ORDERED])?));
    }
    if keys.is_empty() {
        keys.push("d.created_at DESC".to_owned());
    }
    keys.push("d.id DESC".to_owned());
    Ok(keys.join(", "))
}
