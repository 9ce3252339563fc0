//! Comparisons as conditions on `traces t`.

use serde_json::json;
use strata_clause::{Clause, Operand};

use super::field::{Field, SpanField};
use super::pattern::Pattern;
use crate::Error;
use crate::statement::Statement;
use crate::traces::{key, links};

/// All comparisons of a filter, without those that are matched here. Those on spans hold together of one span.
pub(super) fn add_all(statement: &mut Statement, clauses: &[Clause]) -> Result<Vec<Pattern>, Error> {
    let fields = clauses.iter().map(|clause| Ok((Field::of(clause.entity.as_deref(), &clause.key)?, clause)));
    let fields: Vec<(Field, &Clause)> = fields.collect::<Result<_, Error>>()?;
    let (mut of_spans, mut patterns) = (Vec::new(), Vec::new());
    for (field, clause) in &fields {
        match field {
            Field::Span(field) => of_spans.push((field, *clause)),
            field if clause.operator == "RLIKE" => patterns.push(Pattern::of(field, clause)?),
            field => {
                let condition = condition(statement, field, clause)?;
                statement.and(condition);
            }
        }
    }
    if of_spans.iter().any(|(_, clause)| clause.operator == "RLIKE") {
        patterns.push(Pattern::of_spans(&of_spans)?);
    } else if !of_spans.is_empty() {
        let tests = of_spans.iter().map(|(field, clause)| span(statement, field, clause));
        let tests = tests.collect::<Result<Vec<_>, _>>()?.join(" AND ");
        statement.and(format!("EXISTS (SELECT 1 FROM spans s WHERE s.trace_id = t.id AND {tests})"));
    }
    Ok(patterns)
}

const TEXT: [&str; 7] = ["=", "!=", "IN", "NOT IN", "LIKE", "ILIKE", "RLIKE"];
const PAIR: [&str; 7] = ["=", "!=", "LIKE", "ILIKE", "RLIKE", "IS NULL", "IS NOT NULL"];
const NUMBER: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];

fn condition(statement: &mut Statement, field: &Field, clause: &Clause) -> Result<String, Error> {
    let operator = clause.operator.as_str();
    Ok(match field {
        Field::Column(column, true) => {
            allowed(clause, &NUMBER)?;
            format!("{column} {operator} {}", statement.number(number(clause)? as i64))
        }
        Field::Column(column, false) => {
            allowed(clause, &TEXT)?;
            statement.compare_text(column, operator, &texts(clause)?)
        }
        Field::Tag(tag) if tag == key::LINKED_PROMPTS => prompt(statement, clause)?,
        Field::Prompt => prompt(statement, clause)?,
        Field::Tag(tag) => pair(statement, "trace_tags", tag, clause)?,
        Field::Metadata(name) => pair(statement, "trace_metadata", name, clause)?,
        Field::Run if operator == "=" => {
            let run = texts(clause)?.pop().unwrap_or_default();
            let (key, value, run) = (statement.text(key::SOURCE_RUN), statement.text(run.clone()), statement.text(run));
            let kind = links::RUN;
            format!(
                "(EXISTS (SELECT 1 FROM trace_metadata x WHERE x.trace_id = t.id AND x.key = {key} AND x.value = \
                 {value}) OR EXISTS (SELECT 1 FROM trace_links l WHERE l.trace_id = t.id AND l.kind = '{kind}' AND \
                 l.target = {run}))"
            )
        }
        Field::Run => pair(statement, "trace_metadata", key::SOURCE_RUN, clause)?,
        Field::Assessment(kind, name) => assessment(statement, kind, name, clause)?,
        Field::Issue => {
            allowed(clause, &["="])?;
            let id = statement.text(texts(clause)?.pop().unwrap_or_default());
            format!(
                "EXISTS (SELECT 1 FROM assessments a WHERE a.trace_id = t.id AND a.kind = 'issue' AND a.name = {id})"
            )
        }
        Field::Span(field) => {
            let test = span(statement, field, clause)?;
            format!("EXISTS (SELECT 1 FROM spans s WHERE s.trace_id = t.id AND {test})")
        }
    })
}

fn pair(statement: &mut Statement, table: &str, key: &str, clause: &Clause) -> Result<String, Error> {
    let operator = clause.operator.as_str();
    let in_list = matches!(operator, "IN" | "NOT IN");
    if !in_list {
        allowed(clause, &PAIR)?;
    }
    let key = statement.text(key);
    let of_key = format!("SELECT 1 FROM {table} x WHERE x.trace_id = t.id AND x.key = {key}");
    Ok(match operator {
        "IS NULL" => format!("NOT EXISTS ({of_key})"),
        "IS NOT NULL" => format!("EXISTS ({of_key})"),
        operator => {
            let test = statement.compare_text("x.value", operator, &texts(clause)?);
            format!("EXISTS ({of_key} AND {test})")
        }
    })
}

fn prompt(statement: &mut Statement, clause: &Clause) -> Result<String, Error> {
    if clause.operator != "=" {
        return Err(Error::invalid(format!(
            "Invalid comparator '{}' for prompts filter. Only '=' is supported with format: prompt = \"name/version\"",
            clause.operator
        )));
    }
    let prompt = texts(clause)?.pop().unwrap_or_default();
    if prompt.matches('/').count() != 1 {
        return Err(Error::invalid(format!(
            "Invalid prompts filter value '{prompt}'. Expected format: prompt = \"name/version\""
        )));
    }
    let (kind, prompt) = (links::PROMPT, statement.text(prompt));
    Ok(format!(
        "EXISTS (SELECT 1 FROM trace_links l WHERE l.trace_id = t.id AND l.kind = '{kind}' AND l.target = {prompt})"
    ))
}

pub(super) fn span(statement: &mut Statement, field: &SpanField, clause: &Clause) -> Result<String, Error> {
    match field {
        SpanField::Column(column) => {
            allowed(clause, &TEXT)?;
            Ok(statement.compare_text(column, &clause.operator, &texts(clause)?))
        }
        SpanField::Content => {
            allowed(clause, &["LIKE", "ILIKE"])?;
            Ok(statement.compare_text("s.content", &clause.operator, &texts(clause)?))
        }
        // As MLflow does: the pattern is looked for behind the name, in the text of the span.
        SpanField::Attribute(name) => {
            allowed(clause, &["=", "!=", "IN", "NOT IN", "LIKE", "ILIKE", "RLIKE"])?;
            let name = json!(name);
            let mut like = |operator, pattern| statement.compare_text("s.content", operator, &[pattern]);
            let tests = texts(clause)?.into_iter().map(|value| match clause.operator.as_str() {
                operator @ ("LIKE" | "ILIKE") => like(operator, format!("%{name}%{}%", value.trim_start_matches('%'))),
                _ => like("LIKE", format!("%{name}:{}%", json!(json!(value).to_string()))),
            });
            let test = tests.collect::<Vec<_>>().join(" OR ");
            Ok(if ["!=", "NOT IN"].contains(&clause.operator.as_str()) {
                format!("NOT ({test})")
            } else {
                format!("({test})")
            })
        }
    }
}

fn assessment(statement: &mut Statement, kind: &str, name: &str, clause: &Clause) -> Result<String, Error> {
    let operator = clause.operator.as_str();
    if !NUMBER.contains(&operator) {
        allowed(clause, &PAIR)?;
    }
    let name = statement.text(name);
    let of_name = format!(
        "SELECT 1 FROM assessments a WHERE a.trace_id = t.id AND a.kind = '{kind}' AND a.valid = 1 AND a.name = {name}"
    );
    Ok(match operator {
        "IS NULL" => format!("NOT EXISTS ({of_name})"),
        "IS NOT NULL" => format!("EXISTS ({of_name})"),
        "<" | "<=" | ">" | ">=" => {
            let value = statement.double(number(clause)?);
            format!("EXISTS ({of_name} AND a.number {operator} {value})")
        }
        // Values are JSON: a text has quotes there, numbers and truths have none.
        "=" | "!=" => {
            let value = texts(clause)?.pop().unwrap_or_default();
            let (bare, quoted) = (statement.text(value.clone()), statement.text(json!(value).to_string()));
            let within = if operator == "=" { "IN" } else { "NOT IN" };
            format!("EXISTS ({of_name} AND a.value {within} ({bare}, {quoted}))")
        }
        operator => {
            let test = statement.compare_text("a.value", operator, &texts(clause)?);
            format!("EXISTS ({of_name} AND {test})")
        }
    })
}

fn allowed(clause: &Clause, operators: &[&str]) -> Result<(), Error> {
    if operators.contains(&clause.operator.as_str()) {
        return Ok(());
    }
    let list = operators.iter().map(|operator| format!("'{operator}'")).collect::<Vec<_>>().join(", ");
    Err(Error::invalid(format!("Invalid comparator '{}' not one of '{{{list}}}'", clause.operator)))
}

fn number(clause: &Clause) -> Result<f64, Error> {
    let (Operand::Number(text) | Operand::Text(text)) = &clause.value else {
        return Err(Error::invalid(format!("Expected a numeric value for '{}'.", clause.key)));
    };
    let invalid = || Error::invalid(format!("Expected a numeric value for '{}'. Got value {text}", clause.key));
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(invalid)
}

pub(super) fn texts(clause: &Clause) -> Result<Vec<String>, Error> {
    let in_list = matches!(clause.operator.as_str(), "IN" | "NOT IN");
    match &clause.value {
        Operand::List(list) if in_list => Ok(list.clone()),
        Operand::Text(text) if !in_list => Ok(vec![text.clone()]),
        Operand::Number(number) if clause.entity.is_some() && !in_list => Ok(vec![number.clone()]),
        _ => Err(Error::invalid(format!(
            "Expected a quoted string value or a list of quoted string values for '{}'.",
            clause.key
        ))),
    }
}
