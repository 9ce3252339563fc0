//! Which traces, spans or assessments are measured: ``trace.tag.`mlflow.traceName` = 'triage'``.

use strata_clause::{Clause, Operand, parse, split};

use super::metric::View;
use crate::Error;
use crate::statement::Statement;
use crate::traces::{key, links};

/// One comparison, with `=`.
pub(super) fn put(statement: &mut Statement, view: View, filter: &str) -> Result<(), Error> {
    let clauses = parse(filter)?;
    let [clause] = clauses.as_slice() else {
        return Err(Error::invalid(format!("Invalid filter: '{filter}'. Expected one filter clause.")));
    };
    if clause.operator != "=" {
        return Err(Error::invalid(format!(
            "Invalid comparator: '{}', only '=' operator is supported",
            clause.operator
        )));
    }
    let Operand::Text(value) = &clause.value else {
        return Err(Error::invalid(format!(
            "Expected a quoted string value for {} value (e.g. 'my-value'). Got value {}",
            clause.key, clause.value
        )));
    };
    let condition = condition(statement, view, clause, value)?;
    statement.and(condition);
    Ok(())
}

fn condition(statement: &mut Statement, view: View, clause: &Clause, value: &str) -> Result<String, Error> {
    let (entity, name) = split(&clause.key);
    match (clause.entity.as_deref(), entity.as_deref()) {
        (Some("trace"), None) if name == "status" => Ok(format!("t.state = {}", statement.text(value))),
        (Some("trace"), Some("tag")) => Ok(pair(statement, "trace_tags", &name, value)),
        (Some("trace"), Some("metadata")) => {
            let pair = pair(statement, "trace_metadata", &name, value);
            if name != key::SOURCE_RUN {
                return Ok(pair);
            }
            let (kind, run) = (links::RUN, statement.text(value));
            Ok(format!(
                "({pair} OR EXISTS (SELECT 1 FROM trace_links l WHERE l.trace_id = t.id AND l.kind = '{kind}' \
                 AND l.target = {run}))"
            ))
        }
        (Some("trace"), None) if ["tag", "metadata"].contains(&name.as_str()) => {
            Err(Error::invalid(format!("Filtering by {name} requires a key, e.g. 'trace.{name}.<key> = <value>'")))
        }
        (Some("span"), None) if ["name", "status", "type"].contains(&name.as_str()) => {
            own(view, View::Spans, "span")?;
            Ok(format!("s.{name} = {}", statement.text(value)))
        }
        (Some("assessment"), None) if ["name", "type"].contains(&name.as_str()) => {
            own(view, View::Assessments, "assessment")?;
            let column = if name == "type" { "kind" } else { "name" };
            Ok(format!("a.{column} = {}", statement.text(value)))
        }
        (Some(word @ ("trace" | "span" | "assessment")), _) => {
            let valid = match word {
                "trace" => "['status', 'tag', 'metadata']",
                "span" => "['name', 'status', 'type']",
                _ => "['name', 'type']",
            };
            let entity = entity.as_deref().unwrap_or(&name);
            Err(Error::invalid(format!(
                "Invalid entity '{entity}' specified for view type '{word}'. Valid entities are {valid}"
            )))
        }
        _ => Err(Error::invalid(format!(
            "Invalid identifier '{}'. Columns should be specified as 'trace.<key>', 'span.<key>', 'assessment.<key>'.",
            clause.key
        ))),
    }
}

fn pair(statement: &mut Statement, table: &str, key: &str, value: &str) -> String {
    let (key, value) = (statement.text(key), statement.text(value));
    format!("EXISTS (SELECT 1 FROM {table} x WHERE x.trace_id = t.id AND x.key = {key} AND x.value = {value})")
}

fn own(view: View, only: View, what: &str) -> Result<(), Error> {
    if view == only {
        return Ok(());
    }
    Err(Error::invalid(format!("Filtering by {what} is only supported for {only:?} view type, got {view:?}")))
}
