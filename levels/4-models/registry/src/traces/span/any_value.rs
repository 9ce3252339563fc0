//! Values of attributes: OpenTelemetry's, JSON's, and the JSON form of OpenTelemetry's.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::otlp::{Any, AnyValue, KeyValue};

/// The JSON value of one.
pub(crate) fn to_json(value: Option<&AnyValue>) -> Value {
    match value.and_then(|value| value.value.as_ref()) {
        None => Value::Null,
        Some(Any::String(text)) => text.clone().into(),
        Some(Any::Bool(truth)) => (*truth).into(),
        Some(Any::Int(number)) => (*number).into(),
        Some(Any::Double(number)) => (*number).into(),
        Some(Any::Array(array)) => array.values.iter().map(|value| to_json(Some(value))).collect(),
        Some(Any::List(list)) => pairs(&list.values).into(),
        Some(Any::Bytes(bytes)) => STANDARD.encode(bytes).into(),
    }
}

/// The JSON object of attributes.
pub(crate) fn pairs(pairs: &[KeyValue]) -> Map<String, Value> {
    pairs.iter().map(|pair| (pair.key.clone(), to_json(pair.value.as_ref()))).collect()
}

/// What OpenTelemetry's JSON, with the names of the protocol, says for a JSON value.
pub(crate) fn of_json(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(truth) => json!({ "bool_value": truth }),
        Value::Number(number) if number.is_f64() => json!({ "double_value": number }),
        Value::Number(number) => json!({ "int_value": number }),
        Value::String(text) => json!({ "string_value": text }),
        Value::Array(items) => json!({ "array_value": { "values": items.iter().map(of_json).collect::<Vec<_>>() } }),
        Value::Object(map) => json!({ "kvlist_value": { "values": of_map(map) } }),
    }
}

/// The same for attributes.
pub(crate) fn of_map(map: &Map<String, Value>) -> Vec<Value> {
    map.iter().map(|(key, value)| json!({ "key": key, "value": of_json(value) })).collect()
}
