//! OpenTelemetry's messages written as JSON: ids in hex, 64-bit numbers as texts or numbers, unknown keys ignored.

use serde_json::{Map, Value};

use super::otlp::{
    Any, AnyValue, ArrayValue, Event, KeyValue, KeyValueList, Link, Request, Resource, ResourceSpans, ScopeSpans, Span,
    Status,
};

/// `None` where the form is another.
pub(crate) fn request(json: &Value) -> Option<Request> {
    let resource_spans = list(json.as_object()?, "resourceSpans", |spans| {
        let spans = spans.as_object()?;
        let resource = spans
            .get("resource")
            .map(|resource| Some(Resource { attributes: list(resource.as_object()?, "attributes", key_value)? }));
        let scope_spans =
            list(spans, "scopeSpans", |scope| Some(ScopeSpans { spans: list(scope.as_object()?, "spans", span)? }))?;
        Some(ResourceSpans { resource: resource.map_or(Some(None), |resource| resource.map(Some))?, scope_spans })
    })?;
    Some(Request { resource_spans })
}

fn list<T>(object: &Map<String, Value>, key: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    match object.get(key) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(read).collect(),
        Some(_) => None,
    }
}

fn span(json: &Value) -> Option<Span> {
    let span = json.as_object()?;
    let status = span.get("status").and_then(Value::as_object);
    Some(Span {
        trace_id: hex(span, "traceId")?,
        span_id: hex(span, "spanId")?,
        parent_span_id: hex(span, "parentSpanId")?,
        name: text(span, "name")?,
        kind: number_or_name(
            span,
            "kind",
            "SPAN_KIND_",
            &["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"],
        )?,
        start_time_unix_nano: nanos(span, "startTimeUnixNano")?,
        end_time_unix_nano: nanos(span, "endTimeUnixNano")?,
        attributes: list(span, "attributes", key_value)?,
        events: list(span, "events", |event| {
            let event = event.as_object()?;
            Some(Event {
                time_unix_nano: nanos(event, "timeUnixNano")?,
                name: text(event, "name")?,
                attributes: list(event, "attributes", key_value)?,
            })
        })?,
        links: list(span, "links", |link| {
            let link = link.as_object()?;
            Some(Link {
                trace_id: hex(link, "traceId")?,
                span_id: hex(link, "spanId")?,
                attributes: list(link, "attributes", key_value)?,
            })
        })?,
        status: status.map_or(Some(None), |status| {
            let code = number_or_name(status, "code", "STATUS_CODE_", &["UNSET", "OK", "ERROR"])?;
            Some(Some(Status { message: text(status, "message")?, code }))
        })?,
    })
}

fn key_value(json: &Value) -> Option<KeyValue> {
    let pair = json.as_object()?;
    let value = pair.get("value").map_or(Some(None), |value| any_value(value).map(Some))?;
    Some(KeyValue { key: text(pair, "key")?, value })
}

fn any_value(json: &Value) -> Option<AnyValue> {
    let Some((kind, value)) = json.as_object()?.iter().next() else { return Some(AnyValue { value: None }) };
    let any = match kind.as_str() {
        "stringValue" => Any::String(value.as_str()?.to_owned()),
        "boolValue" => Any::Bool(value.as_bool()?),
        "intValue" => Any::Int(value.as_i64().or_else(|| value.as_str()?.parse().ok())?),
        "doubleValue" => Any::Double(value.as_f64().or_else(|| value.as_str()?.parse().ok())?),
        "arrayValue" => Any::Array(ArrayValue { values: list(value.as_object()?, "values", any_value)? }),
        "kvlistValue" => Any::List(KeyValueList { values: list(value.as_object()?, "values", key_value)? }),
        "bytesValue" => {
            use base64::Engine;
            Any::Bytes(base64::engine::general_purpose::STANDARD.decode(value.as_str()?).ok()?)
        }
        _ => return Some(AnyValue { value: None }),
    };
    Some(AnyValue { value: Some(any) })
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    match object.get(key) {
        None | Some(Value::Null) => Some(String::new()),
        Some(value) => value.as_str().map(str::to_owned),
    }
}

fn hex(object: &Map<String, Value>, key: &str) -> Option<Vec<u8>> {
    hex::decode(text(object, key)?).ok()
}

fn nanos(object: &Map<String, Value>, key: &str) -> Option<u64> {
    match object.get(key) {
        None | Some(Value::Null) => Some(0),
        Some(value) => value.as_u64().or_else(|| value.as_str()?.parse().ok()),
    }
}

fn number_or_name(object: &Map<String, Value>, key: &str, prefix: &str, names: &[&str]) -> Option<i32> {
    match object.get(key) {
        None | Some(Value::Null) => Some(0),
        Some(Value::String(name)) => {
            let name = name.strip_prefix(prefix)?;
            names.iter().position(|known| *known == name).map(|at| at as i32)
        }
        Some(value) => value.as_i64().and_then(|number| i32::try_from(number).ok()),
    }
}
