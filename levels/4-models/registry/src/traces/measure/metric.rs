//! What can be measured, of which, by what, and where it is in the tables.

use serde_json::Value;
use strata_database::{AnyRow, Row};

use super::Measure;
use crate::Error;
use crate::statement::Statement;
use crate::traces::key::{self, attribute};
use crate::traces::span::decoded;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Traces,
    Spans,
    Assessments,
}

impl View {
    fn of(word: &str) -> Result<Self, Error> {
        match word {
            "TRACES" => Ok(Self::Traces),
            "SPANS" => Ok(Self::Spans),
            "ASSESSMENTS" => Ok(Self::Assessments),
            _ => {
                let known = "['TRACES', 'SPANS', 'ASSESSMENTS']";
                Err(Error::invalid(format!("view_type must be one of {known}, got '{word}'")))
            }
        }
    }

    pub(super) fn from(self) -> &'static str {
        match self {
            Self::Traces => "traces t",
            Self::Spans => "traces t JOIN spans s ON s.trace_id = t.id",
            Self::Assessments => "traces t JOIN assessments a ON a.trace_id = t.id AND a.valid = 1",
        }
    }
}

/// One of them, which was asked for as it can be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metric {
    pub(super) view: View,
    name: &'static str,
}

type Kind = (&'static str, &'static [&'static str], &'static [&'static str]);

const COUNT: &[&str] = &["COUNT"];
const SPREAD: &[&str] = &["AVG", "MIN", "MAX", "PERCENTILE"];
const SUMS: &[&str] = &["SUM", "AVG", "MIN", "MAX", "PERCENTILE"];
const MODEL: &[&str] = &["span_model_name", "span_model_provider"];

/// The metrics of a view: what they are counted to, and grouped by.
const TRACES: &[Kind] = &[
    ("trace_count", COUNT, &["trace_name", "trace_status"]),
    ("session_count", COUNT, &[]),
    ("latency", SPREAD, &["trace_name"]),
    ("input_tokens", SUMS, &["trace_name"]),
    ("output_tokens", SUMS, &["trace_name"]),
    ("total_tokens", SUMS, &["trace_name"]),
    ("cache_read_input_tokens", SUMS, &["trace_name"]),
    ("cache_creation_input_tokens", SUMS, &["trace_name"]),
];
const SPANS: &[Kind] = &[
    ("span_count", COUNT, &["span_name", "span_type", "span_status", "span_model_name", "span_model_provider"]),
    ("latency", SPREAD, &["span_name", "span_status"]),
    ("input_cost", SUMS, MODEL),
    ("output_cost", SUMS, MODEL),
    ("total_cost", SUMS, MODEL),
];
const ASSESSMENTS: &[Kind] = &[
    ("assessment_count", COUNT, &["assessment_name", "assessment_value"]),
    ("assessment_value", SPREAD, &["assessment_name"]),
];

impl Metric {
    pub(super) fn of(measure: &Measure) -> Result<Self, Error> {
        let view = View::of(&measure.view)?;
        let kinds = match view {
            View::Traces => TRACES,
            View::Spans => SPANS,
            View::Assessments => ASSESSMENTS,
        };
        let Some((name, aggregations, dimensions)) = kinds.iter().find(|(name, ..)| *name == measure.metric) else {
            let known: Vec<_> = kinds.iter().map(|(name, ..)| *name).collect();
            let (known, name) = (list(&known), &measure.metric);
            return Err(Error::invalid(format!("metric_name must be one of {known}, got '{name}'")));
        };
        if let Some((other, _)) = measure.aggregations.iter().find(|(word, _)| !aggregations.contains(&word.as_str())) {
            return Err(Error::invalid(format!(
                "Found invalid aggregation_type(s): ['{other}']. Supported aggregation types: {}",
                list(aggregations)
            )));
        }
        if let Some(other) = measure.dimensions.iter().find(|word| !dimensions.contains(&word.as_str())) {
            return Err(Error::invalid(format!(
                "Found invalid dimension(s): ['{other}']. Supported dimensions: {}",
                list(dimensions)
            )));
        }
        Ok(Self { view, name })
    }

    /// The milliseconds that say in which bucket of time it is.
    pub(super) fn time(self) -> &'static str {
        match self.view {
            View::Spans => "s.started_at / 1000000",
            View::Traces | View::Assessments => "t.request_time",
        }
    }

    /// The milliseconds that a range of time is about: what spans cost is by the span, all else by the trace.
    pub(super) fn bounded_by(self) -> &'static str {
        if self.name.ends_with("_cost") { self.time() } else { "t.request_time" }
    }

    pub(super) fn value(self, statement: &mut Statement) -> Read {
        let number = |sql: &str| Read::number(format!("CAST({sql} AS DOUBLE PRECISION)"));
        match (self.view, self.name) {
            (View::Traces, "latency") => number("t.duration"),
            (View::Traces, "session_count") => Read::text(of_trace(statement, "trace_metadata", key::TRACE_SESSION)),
            (View::Traces, tokens) if tokens.ends_with("_tokens") => {
                Read { within: vec![tokens], ..Read::text(of_trace(statement, "trace_metadata", key::TOKEN_USAGE)) }
            }
            (View::Spans, "latency") => number("(s.ended_at - s.started_at) / 1000000"),
            (View::Spans, cost) if cost.ends_with("_cost") => Read::attribute(vec![attribute::COST, cost]),
            (View::Assessments, "assessment_value") => number("a.number"),
            _ => number("1"),
        }
    }

    pub(super) fn dimension(statement: &mut Statement, dimension: &str) -> Result<Read, Error> {
        Ok(match dimension {
            "trace_name" => Read::text(of_trace(statement, "trace_tags", key::TRACE_NAME)),
            "trace_status" => Read::text("t.state"),
            "span_name" => Read::text("s.name"),
            "span_type" => Read::text("s.type"),
            "span_status" => Read::text("s.status"),
            "span_model_name" => Read::attribute(vec![attribute::MODEL]),
            "span_model_provider" => Read::attribute(vec![attribute::PROVIDER]),
            "assessment_name" => Read::text("a.name"),
            "assessment_value" => Read::text("a.value"),
            other => return Err(Error::invalid(format!("Found invalid dimension(s): ['{other}']."))),
        })
    }
}

fn of_trace(statement: &mut Statement, table: &str, key: &str) -> String {
    let key = statement.text(key);
    format!("(SELECT x.value FROM {table} x WHERE x.trace_id = t.id AND x.key = {key})")
}

fn list(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    format!("[{}]", words.join(", "))
}

/// A column, and how it is read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) sql: String,
    is_number: bool,
    /// The way within its JSON.
    within: Vec<&'static str>,
}

impl Read {
    fn text(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), is_number: false, within: Vec::new() }
    }

    fn number(sql: String) -> Self {
        Self { sql, is_number: true, within: Vec::new() }
    }

    /// Of a span: the attribute, and what is in it.
    fn attribute(way: Vec<&'static str>) -> Self {
        let within = [vec!["attributes"], way].concat();
        Self { within, ..Self::text("s.content") }
    }

    /// The value in a row, where there is one.
    pub(super) fn of(&self, row: &AnyRow, at: usize) -> Result<Option<Value>, Error> {
        if self.is_number {
            return Ok(row.try_get::<Option<f64>, _>(at)?.map(Value::from));
        }
        let Some(text) = row.try_get::<Option<String>, _>(at)? else { return Ok(None) };
        if self.within.is_empty() {
            return Ok(Some(text.into()));
        }
        let whole = serde_json::from_str::<Value>(&text).ok();
        Ok(self.within.iter().try_fold(whole.unwrap_or_default(), |value, step| decoded(&value[*step])))
    }
}
