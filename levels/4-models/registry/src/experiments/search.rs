//! Searching experiments: a filter and an order become one statement.

use axum::extract::State;
use serde_json::json;
use strata_clause::{Clause, Operand, order as order_key, parse, split};
use strata_database::Transaction;

use super::{COLUMNS, Experiment, tagged};
use crate::runs::search::stages;
use crate::statement::Statement;
use crate::{Answer, Asked, Error, Shared, page};

/// Experiments of a page at most.
const MOST: i64 = 50_000;

/// `/experiments/search`.
pub(super) async fn search(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let limit = asked.integer("max_results")?.unwrap_or(0);
    let invalid =
        |why: &str| Error::invalid(format!("Invalid value {limit} for parameter 'max_results' supplied. {why}"));
    if limit < 1 {
        return Err(invalid("It must be a positive integer"));
    }
    if limit > MOST {
        return Err(invalid(&format!("It must be at most {MOST}")));
    }
    let offset = page::offset(asked.text("page_token")?.as_deref())?;
    let mut statement = Statement::default();
    let stages: Vec<String> = stages(&asked, "view_type")?.iter().map(|stage| (*stage).to_owned()).collect();
    let stages = statement.texts(&stages);
    statement.and(format!("e.lifecycle_stage IN ({stages})"));
    for clause in parse(&asked.text("filter")?.unwrap_or_default())? {
        let condition = condition(&mut statement, &clause)?;
        statement.and(condition);
    }
    let order = order(&asked.texts("order_by")?)?;
    let mut tx = shared.read().await?;
    let mut experiments = found(&mut tx, statement, &order, limit + 1, offset).await?;
    let more = experiments.len() as i64 > limit;
    experiments.truncate(limit as usize);
    tagged(&mut tx, &mut experiments).await?;
    let mut answer = json!({});
    if !experiments.is_empty() {
        answer["experiments"] = experiments.iter().map(Experiment::to_json).collect();
    }
    if more {
        answer["next_page_token"] = page::token(offset + limit).into();
    }
    Ok(Answer(answer))
}

async fn found(
    tx: &mut Transaction,
    mut statement: Statement,
    order: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<Experiment>, Error> {
    let (limit, offset) = (statement.number(limit), statement.number(offset));
    let head = format!("SELECT {COLUMNS} FROM experiments e");
    let rows = statement.rows(tx, &head, &format!("ORDER BY {order} LIMIT {limit} OFFSET {offset}")).await?;
    Ok(rows.iter().map(Experiment::of).collect::<Result<_, _>>()?)
}

/// Attributes with their columns.
const ATTRIBUTES: [(&str, &str); 4] = [
    ("name", "e.name"),
    ("experiment_id", "e.id"),
    ("creation_time", "e.created_at"),
    ("last_update_time", "e.updated_at"),
];

fn column(key: &str) -> Result<&'static str, Error> {
    let found = ATTRIBUTES.iter().find(|(known, _)| *known == key).map(|(_, column)| *column);
    found.ok_or_else(|| {
        Error::invalid(format!(
            "Invalid attribute key '{key}' specified. Valid keys are '{{'name', 'experiment_id', 'creation_time', \
             'last_update_time'}}'"
        ))
    })
}

fn is_tag(entity: Option<&str>) -> Result<bool, Error> {
    match entity {
        None | Some("attribute" | "attributes") => Ok(false),
        Some("tag" | "tags") => Ok(true),
        Some(other) => Err(Error::invalid(format!(
            "Invalid entity type '{other}'. Valid entity types are ('attribute', 'attributes', 'tag', 'tags')"
        ))),
    }
}

fn condition(statement: &mut Statement, clause: &Clause) -> Result<String, Error> {
    let operator = clause.operator.as_str();
    if is_tag(clause.entity.as_deref())? {
        let key = statement.text(clause.key.clone());
        let there = format!("EXISTS (SELECT 1 FROM experiment_tags t WHERE t.experiment = e.id AND t.key = {key}");
        return match (operator, &clause.value) {
            ("IS NULL", _) => Ok(format!("NOT {there})")),
            ("IS NOT NULL", _) => Ok(format!("{there})")),
            ("=" | "!=" | "LIKE" | "ILIKE", Operand::Text(text)) => {
                let test = statement.compare_text("t.value", operator, std::slice::from_ref(text));
                Ok(format!("{there} AND {test})"))
            }
            ("=" | "!=" | "LIKE" | "ILIKE", other) => {
                Err(expected("a quoted string value for tag (e.g. 'my-value')", other))
            }
            _ => Err(Error::invalid(format!("Invalid comparator for tag: {operator}"))),
        };
    }
    let column = column(&clause.key)?;
    if operator.starts_with("IS ") {
        return Err(Error::invalid(format!(
            "IS NULL / IS NOT NULL is only supported for tags, not for attribute '{}'",
            clause.key
        )));
    }
    let invalid = |what: &str| Error::invalid(format!("Invalid comparator for {what}: {operator}"));
    match (clause.key.as_str(), &clause.value) {
        ("name", Operand::Text(text)) if ["=", "!=", "LIKE", "ILIKE"].contains(&operator) => {
            Ok(statement.compare_text(column, operator, std::slice::from_ref(text)))
        }
        ("name", Operand::List(_)) => Err(Error::invalid(
            "Only ['experiment_id'] attributes support comparison with a list of quoted string values.",
        )),
        ("name", Operand::Text(_)) => Err(invalid("string attribute")),
        ("experiment_id", Operand::Text(_) | Operand::List(_)) => {
            let texts = match &clause.value {
                Operand::List(list) => list.clone(),
                Operand::Text(text) => vec![text.clone()],
                Operand::Number(_) | Operand::None => Vec::new(),
            };
            let within = match operator {
                "=" | "IN" => "IN",
                "!=" | "NOT IN" => "NOT IN",
                _ => return Err(invalid("experiment_id")),
            };
            let number = |text: &String| {
                let message = format!("Invalid experiment ID '{text}'. Experiment ID must be a valid integer.");
                text.parse().map_err(|_| Error::invalid(message))
            };
            let ids: Vec<i64> = texts.iter().map(number).collect::<Result<_, _>>()?;
            Ok(format!("{column} {within} ({})", statement.numbers(&ids)))
        }
        ("name" | "experiment_id", other) => Err(expected("a quoted string value for attributes", other)),
        (key, Operand::Number(number)) => {
            if !["=", "!=", "<", "<=", ">", ">="].contains(&operator) {
                return Err(invalid("numeric attribute"));
            }
            let invalid = || Error::invalid(format!("Invalid value for numeric attribute '{key}': '{number}'"));
            let number = statement.number(number.parse().map_err(|_| invalid())?);
            Ok(format!("{column} {operator} {number}"))
        }
        (key, other) => {
            Err(Error::invalid(format!("Expected numeric value type for numeric attribute: {key}. Found {other}")))
        }
    }
}

fn expected(what: &str, found: &Operand) -> Error {
    Error::invalid(format!("Expected {what}. Got value {found}"))
}

/// The newest first, where nothing else was asked; what is equal in it, by its id.
fn order(order_by: &[String]) -> Result<String, Error> {
    if order_by.is_empty() {
        return Ok("e.created_at DESC, e.id ASC".to_owned());
    }
    let (mut keys, mut by_id) = (Vec::new(), false);
    for text in order_by {
        let (identifier, direction) = order_key(text)?;
        let (entity, key) = split(identifier);
        if is_tag(entity.as_deref())? {
            return Err(Error::invalid("Invalid order_by entity: tag"));
        }
        let column = column(&key)?;
        by_id |= column == "e.id";
        keys.push(format!("{column} {direction}"));
    }
    if !by_id {
        keys.push("e.id DESC".to_owned());
    }
    Ok(keys.join(", "))
}
