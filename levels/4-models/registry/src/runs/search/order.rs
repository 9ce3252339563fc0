//! In which order runs are found.

use strata_clause::{order, split};

use super::filter::{Entity, column};
use crate::Error;
use crate::statement::Statement;

/// The end of a statement, and what it has to join for it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) joins: String,
    pub(super) keys: String,
    /// Whether an index has the runs in this order as they are.
    pub(super) by_start: bool,
    /// Where the first key is a metric: the same of the runs that have it as a number, in the order of its index.
    pub(super) walk: Option<Walk>,
}

/// What comes before the runs, which of it, what they have to join, and in which order.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) from: String,
    pub(super) condition: String,
    pub(super) joins: String,
    pub(super) keys: String,
}

/// By these keys; then the newest first, and at last by their ids. Runs without a key go last in both directions, and just
/// before them those whose metric is not a number.
pub(super) fn of(statement: &mut Statement, order_by: &[String]) -> Result<Order, Error> {
    let (mut joins, mut keys, mut seen) = (Vec::new(), Vec::new(), Vec::new());
    let (mut by_start, mut walk) = (false, None);
    for (number, text) in order_by.iter().enumerate() {
        let (identifier, direction) = order(text)?;
        let (word, key) = split(identifier);
        let entity = Entity::of(word.as_deref())?;
        let table = match entity {
            Entity::Attribute => {
                let (column, _) = column(&key)?;
                if seen.contains(&(entity, column.to_owned())) {
                    return Err(twice(order_by));
                }
                seen.push((entity, column.to_owned()));
                by_start |= column == "r.started_at";
                // Every run has a start, by which an index orders them.
                let missing = format!("CASE WHEN {column} IS NULL THEN 1 ELSE 0 END, ");
                let missing = if column == "r.started_at" { String::new() } else { missing };
                keys.push(format!("{missing}{column} {direction}"));
                continue;
            }
            Entity::Metric => "metrics",
            Entity::Param => "run_params",
            Entity::Tag => "run_tags",
            Entity::Dataset => return Err(Error::invalid("Invalid identifier type 'dataset'")),
        };
        if seen.contains(&(entity, key.clone())) {
            return Err(twice(order_by));
        }
        let name = statement.text(key.clone());
        seen.push((entity, key));
        let is =
            if entity == Entity::Metric { format!("(SELECT id FROM metric_keys WHERE key = {name})") } else { name };
        if number == 0 && entity == Entity::Metric {
            walk = Some((format!("o0.key = {is} AND o0.value IS NOT NULL"), format!("o0.value {direction}")));
        }
        joins.push(format!(" LEFT JOIN {table} o{number} ON o{number}.run = r.number AND o{number}.key = {is}"));
        keys.push(format!(
            "CASE WHEN o{number}.run IS NULL THEN 2 WHEN o{number}.value IS NULL THEN 1 ELSE 0 END, \
             o{number}.value {direction}"
        ));
    }
    let first = keys.first().is_none_or(|key| key.starts_with("r.started_at"));
    if !by_start {
        keys.push("r.started_at DESC".to_owned());
    }
    keys.push("r.id".to_owned());
    let walk = walk.map(|(condition, first)| Walk {
        from: "metrics o0 CROSS JOIN ".to_owned(),
        condition,
        joins: joins[1..].concat(),
        keys: [&[first], &keys[1..]].concat().join(", "),
    });
    Ok(Order { joins: joins.concat(), keys: keys.join(", "), by_start: first, walk })
}

fn twice(order_by: &[String]) -> Error {
    let list = order_by.iter().map(|key| format!("'{key}'")).collect::<Vec<_>>().join(", ");
    Error::invalid(format!("`order_by` contains duplicate fields: [{list}]"))
}
