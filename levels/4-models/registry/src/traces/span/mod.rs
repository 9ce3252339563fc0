//! Spans: taken from OpenTelemetry, kept as MLflow keeps them, and given back in OpenTelemetry's form.
//!
//! Pure: no IO.

mod answer;
mod any_value;
mod convention;
pub(crate) mod otlp;
pub(crate) mod otlp_json;
mod preview;
mod translate;
mod usage;

pub(crate) use answer::answer;
pub(crate) use any_value::pairs;

/// A span, with the attributes of what sent it.
pub(crate) type Sent = (Span, Map<String, Value>);
pub(crate) use preview::preview;
pub(crate) use usage::{Node, cost, tokens};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::key::attribute;
use otlp::{Code, Kind};

/// A span as the database has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(crate) trace_id: String,
    /// In hex.
    pub(crate) id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) name: String,
    pub(crate) status: &'static str,
    /// In nanoseconds.
    pub(crate) started_at: i64,
    pub(crate) ended_at: Option<i64>,
    /// Each value is JSON in a text, as MLflow keeps them.
    pub(crate) attributes: Map<String, Value>,
    /// All other parts of MLflow's JSON of a span.
    rest: Map<String, Value>,
}

impl Span {
    /// Of OpenTelemetry's. `None` where it lacks an id, or has one that is too long.
    pub(crate) fn of(span: &otlp::Span) -> Option<Self> {
        let trace = padded::<16>(&span.trace_id)?;
        let id = padded::<8>(&span.span_id)?;
        let parent = if span.parent_span_id.is_empty() { None } else { Some(padded::<8>(&span.parent_span_id)?) };
        let trace_id = format!("tr-{}", hex::encode(trace));
        let mut attributes: Map<String, Value> = pairs(&span.attributes)
            .into_iter()
            .map(|(key, value)| (key, Value::String(once_encoded(&value))))
            .collect();
        attributes.insert(attribute::REQUEST_ID.to_owned(), json!(trace_id).to_string().into());
        let status = span.status.clone().unwrap_or_default();
        let code = Code::try_from(status.code).unwrap_or(Code::Unset);
        let started_at = i64::try_from(span.start_time_unix_nano).ok()?;
        let ended_at = i64::try_from(span.end_time_unix_nano).ok()?;
        let events: Vec<Value> = span
            .events
            .iter()
            .map(|event| {
                let attributes = pairs(&event.attributes);
                json!({ "name": event.name, "time_unix_nano": event.time_unix_nano, "attributes": attributes })
            })
            .collect();
        let links: Vec<Value> = span
            .links
            .iter()
            .map(|link| {
                let trace_id = format!("tr-{}", hex::encode(&link.trace_id));
                json!({ "trace_id": trace_id, "span_id": hex::encode(&link.span_id), "attributes": pairs(&link.attributes) })
            })
            .collect();
        let rest = json!({
            "trace_id": STANDARD.encode(trace),
            "span_id": STANDARD.encode(id),
            "parent_span_id": parent.map(|parent| STANDARD.encode(parent)),
            "name": span.name,
            "kind": Kind::try_from(span.kind).unwrap_or(Kind::Internal).name(),
            "start_time_unix_nano": started_at,
            "end_time_unix_nano": ended_at,
            "events": events,
            "status": { "code": format!("STATUS_CODE_{}", code.word()), "message": status.message },
            "links": links,
        });
        let Value::Object(rest) = rest else { return None };
        Some(Self {
            trace_id,
            id: hex::encode(id),
            parent_id: parent.map(hex::encode),
            name: span.name.clone(),
            status: code.word(),
            started_at,
            ended_at: (ended_at > 0).then_some(ended_at),
            attributes,
            rest,
        })
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, key: &str) -> Option<Value> {
        decoded(self.attributes.get(key)?)
    }

    /// `UNKNOWN` where nobody said it.
    pub(crate) fn kind(&self) -> String {
        let kind = self.attribute(attribute::TYPE);
        kind.as_ref().and_then(Value::as_str).unwrap_or("UNKNOWN").to_owned()
    }

    pub(crate) fn events(&self) -> &[Value] {
        self.rest.get("events").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Puts an attribute that is not there yet.
    pub(crate) fn add(&mut self, key: &str, value: &Value) {
        if !self.attributes.contains_key(key) {
            self.attributes.insert(key.to_owned(), value.to_string().into());
        }
    }

    /// Adds what other conventions say in MLflow's words.
    pub(crate) fn translate(&mut self) {
        translate::translate(self);
    }

    /// MLflow's JSON of it.
    pub(crate) fn content(&self) -> String {
        let mut content = self.rest.clone();
        content.insert("attributes".to_owned(), self.attributes.clone().into());
        Value::Object(content).to_string()
    }
}

/// The value in the JSON of an attribute; a text that is none is its own value.
pub(crate) fn decoded(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(serde_json::from_str(text).unwrap_or_else(|_| value.clone())),
        Value::Null => None,
        other => Some(other.clone()),
    }
}

/// The JSON of a value. Clients of MLflow send texts that are JSON already: these stay as they are, unless they say a
/// bare number or truth, which other clients send as texts.
fn once_encoded(value: &Value) -> String {
    if let Value::String(text) = value
        && let Ok(Value::String(_) | Value::Object(_) | Value::Array(_)) = serde_json::from_str(text)
    {
        return text.clone();
    }
    value.to_string()
}

/// An id of a fixed length, from its last bytes.
fn padded<const N: usize>(id: &[u8]) -> Option<[u8; N]> {
    let significant = &id[id.iter().position(|byte| *byte != 0).unwrap_or(id.len())..];
    if id.is_empty() || significant.len() > N {
        return None;
    }
    let mut padded = [0; N];
    padded[N - significant.len()..].copy_from_slice(significant);
    Some(padded)
}

#[cfg(test)]
mod tests;
