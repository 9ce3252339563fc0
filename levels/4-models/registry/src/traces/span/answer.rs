//! A span as the API gives it: OpenTelemetry's message in JSON, with the names of the protocol.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::any_value::of_map;
use super::decoded;

/// Of MLflow's JSON of a span.
pub(crate) fn answer(content: &Value) -> Value {
    let empty = Map::new();
    let map = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let attributes: Map<String, Value> = content["attributes"]
        .as_object()
        .unwrap_or(&empty)
        .iter()
        .map(|(key, value)| (key.clone(), decoded(value).unwrap_or_default()))
        .collect();
    let mut span = json!({
        "trace_id": content["trace_id"],
        "span_id": content["span_id"],
        "name": content["name"],
        "kind": content["kind"],
        "start_time_unix_nano": content["start_time_unix_nano"],
        "attributes": of_map(&attributes),
        "status": content["status"],
    });
    if content["parent_span_id"].is_string() {
        span["parent_span_id"] = content["parent_span_id"].clone();
    }
    if content["end_time_unix_nano"].as_i64().is_some_and(|end| end > 0) {
        span["end_time_unix_nano"] = content["end_time_unix_nano"].clone();
    }
    if span["status"]["message"].as_str().is_none_or(str::is_empty) {
        span["status"] = json!({ "code": content["status"]["code"] });
    }
    let events: Vec<Value> = items(&content["events"])
        .map(|event| {
            json!({
                "time_unix_nano": event["time_unix_nano"], "name": event["name"],
                "attributes": of_map(&map(&event["attributes"])),
            })
        })
        .collect();
    if !events.is_empty() {
        span["events"] = events.into();
    }
    let links: Vec<Value> = items(&content["links"])
        .filter_map(|link| {
            let trace = link["trace_id"].as_str()?.trim_start_matches("tr-");
            let (trace, span) = (hex::decode(trace).ok()?, hex::decode(link["span_id"].as_str()?).ok()?);
            let attributes = of_map(&map(&link["attributes"]));
            Some(json!({
                "trace_id": STANDARD.encode(trace), "span_id": STANDARD.encode(span), "attributes": attributes,
            }))
        })
        .collect();
    if !links.is_empty() {
        span["links"] = links.into();
    }
    span
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}
