//! The order of traces.

use strata_clause::order as read;

use super::field::Field;
use crate::Error;
use crate::statement::Statement;
use crate::traces::key;

/// Traces without a value go last in both directions; the newest goes first where nothing else was asked.
pub(super) fn order(statement: &mut Statement, order_by: &[String]) -> Result<String, Error> {
    let mut keys = Vec::new();
    let mut seen = Vec::new();
    for clause in order_by {
        let (identifier, direction) = read(clause)?;
        let field = Field::of_identifier(identifier)?;
        if seen.contains(&field) {
            return Err(Error::invalid(format!("`order_by` contains duplicate fields: {order_by:?}")));
        }
        let value = match &field {
            Field::Column(column, _) => (*column).to_owned(),
            Field::Tag(tag) => value(statement, "trace_tags", tag),
            Field::Metadata(name) => value(statement, "trace_metadata", name),
            Field::Run => value(statement, "trace_metadata", key::SOURCE_RUN),
            _ => return Err(Error::invalid(format!("Invalid order_by entity `{identifier}`"))),
        };
        keys.push(format!("{value} {direction} NULLS LAST"));
        seen.push(field);
    }
    for (column, is_number, direction) in [("t.request_time", true, "DESC"), ("t.id", false, "ASC")] {
        if !seen.contains(&Field::Column(column, is_number)) {
            keys.push(format!("{column} {direction}"));
        }
    }
    Ok(keys.join(", "))
}

fn value(statement: &mut Statement, table: &str, key: &str) -> String {
    let key = statement.text(key);
    format!("(SELECT x.value FROM {table} x WHERE x.trace_id = t.id AND x.key = {key})")
}
