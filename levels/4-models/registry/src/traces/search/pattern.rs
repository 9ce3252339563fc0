//! `RLIKE`: regular expressions, which only one of the databases knows.
//!
//! So they are matched here, on both, by an engine whose time grows with the text alone, whatever a stranger's expression
//! is. What a comparison finds is a set of traces; the rest of the filter is a statement without it.

use std::collections::HashSet;

use regex::Regex;
use serde_json::Value;
use strata_clause::Clause;
use strata_database::{Row, Transaction};

use super::condition::texts;
use super::field::{Field, SpanField};
use crate::Error;
use crate::statement::Statement;
use crate::traces::key;
use crate::traces::span::decoded;

/// Columns that must match, in one row.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What joins `traces t`, and its conditions.
    join: &'static str,
    statement: Statement,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    sql: &'static str,
    /// Of the span that the column holds, this attribute.
    attribute: Option<String>,
    regex: Regex,
}

const TAGS: &str = "JOIN trace_tags x ON x.trace_id = t.id";
const METADATA: &str = "JOIN trace_metadata x ON x.trace_id = t.id";
const SPANS: &str = "JOIN spans s ON s.trace_id = t.id";

impl Pattern {
    /// Of one comparison, which is not of spans.
    pub(super) fn of(field: &Field, clause: &Clause) -> Result<Self, Error> {
        let mut statement = Statement::default();
        let mut keyed = |join, column, key: &str| {
            let key = statement.text(key);
            statement.and(format!("x.key = {key}"));
            (join, column)
        };
        let (join, column) = match field {
            Field::Column(column, false) => ("", *column),
            Field::Tag(tag) => keyed(TAGS, "x.value", tag),
            Field::Metadata(name) => keyed(METADATA, "x.value", name),
            Field::Run => keyed(METADATA, "x.value", key::SOURCE_RUN),
            Field::Assessment(kind, name) => {
                let (kind, name) = (statement.text(*kind), statement.text(name.clone()));
                statement.and(format!("a.kind = {kind} AND a.name = {name} AND a.valid = 1"));
                ("JOIN assessments a ON a.trace_id = t.id", "a.value")
            }
            Field::Column(_, true) | Field::Prompt | Field::Issue | Field::Span(_) => return Err(unfit(clause)),
        };
        let columns = vec![Column { sql: column, attribute: None, regex: regex(clause)? }];
        Ok(Self { join, statement, columns })
    }

    /// Of spans: all comparisons hold of one.
    pub(super) fn of_spans(clauses: &[(&SpanField, &Clause)]) -> Result<Self, Error> {
        let (mut statement, mut columns) = (Statement::default(), Vec::new());
        for (field, clause) in clauses {
            if clause.operator != "RLIKE" {
                let test = super::condition::span(&mut statement, field, clause)?;
                statement.and(test);
                continue;
            }
            let (sql, attribute) = match field {
                SpanField::Column(column) => (*column, None),
                SpanField::Attribute(name) => ("s.content", Some(name.clone())),
                SpanField::Content => return Err(unfit(clause)),
            };
            columns.push(Column { sql, attribute, regex: regex(clause)? });
        }
        Ok(Self { join: SPANS, statement, columns })
    }

    /// The traces of which it holds.
    pub(super) async fn found(mut self, tx: &mut Transaction, experiments: &[i64]) -> Result<HashSet<String>, Error> {
        let list = self.statement.numbers(experiments);
        self.statement.and(format!("t.experiment_id IN ({list})"));
        let columns = self.columns.iter().map(|column| column.sql).collect::<Vec<_>>().join(", ");
        let head = format!("SELECT t.id, {columns} FROM traces t {}", self.join);
        let mut found = HashSet::new();
        for row in self.statement.rows(tx, &head, "").await? {
            let mut holds = true;
            for (at, column) in self.columns.iter().enumerate() {
                let text: Option<String> = row.try_get(at + 1)?;
                holds = holds && text.is_some_and(|text| column.matches(&text));
            }
            if holds {
                found.insert(row.try_get(0)?);
            }
        }
        Ok(found)
    }
}

impl Column {
    fn matches(&self, text: &str) -> bool {
        let Some(attribute) = &self.attribute else { return self.regex.is_match(text) };
        let Ok(span) = serde_json::from_str::<Value>(text) else { return false };
        match decoded(&span["attributes"][attribute]) {
            Some(Value::String(text)) => self.regex.is_match(&text),
            Some(other) => self.regex.is_match(&other.to_string()),
            None => false,
        }
    }
}

fn regex(clause: &Clause) -> Result<Regex, Error> {
    let text = texts(clause)?.pop().unwrap_or_default();
    let said = |error: regex::Error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Error::invalid(format!("Invalid regular expression '{text}' for RLIKE: {why}"))
    };
    Regex::new(&text).map_err(said)
}

fn unfit(clause: &Clause) -> Error {
    Error::invalid(format!("Invalid comparator 'RLIKE' for '{}'", clause.key))
}
