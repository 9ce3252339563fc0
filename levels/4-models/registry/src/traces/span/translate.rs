//! What other conventions say, in MLflow's words.

use serde_json::{Map, Value, json};

use super::convention::{CONVENTIONS, Convention};
use super::{Span, decoded};
use crate::traces::key::attribute;

/// Adds what is missing. What is there stays, but a kind that nobody chose.
pub(super) fn translate(span: &mut Span) {
    if span.kind() == "UNKNOWN"
        && let Some(kind) = CONVENTIONS.iter().find_map(|convention| kind(convention, &span.attributes))
    {
        span.attributes.insert(attribute::TYPE.to_owned(), json!(kind).to_string().into());
    }
    let first = |span: &Span, keys: fn(&Convention) -> &'static [&'static str]| {
        let mut keys = CONVENTIONS.iter().flat_map(keys);
        keys.find_map(|key| said(&span.attributes, key))
    };
    for (key, keys, from_events) in [
        (attribute::INPUTS, (|c| c.inputs) as fn(&Convention) -> &'static [&'static str], input_events as Events),
        (attribute::OUTPUTS, |c| c.outputs, output_events as Events),
    ] {
        if !span.attributes.contains_key(key)
            && let Some(value) = first(span, keys).or_else(|| from_events(span.events()))
        {
            span.attributes.insert(key.to_owned(), value);
        }
    }
    if let Some(usage) = CONVENTIONS.iter().find_map(|convention| usage(convention, &span.attributes)) {
        span.add(attribute::USAGE, &usage);
    }
    let model = first(span, |c| c.models).and_then(|model| decoded(&model)).or_else(|| model_within(span));
    if let Some(model) = model {
        span.add(attribute::MODEL, &model);
    }
    let provider = CONVENTIONS.iter().find_map(|c| said(&span.attributes, c.provider?));
    if let Some(provider) = provider.and_then(|provider| decoded(&provider)) {
        span.add(attribute::PROVIDER, &provider);
    }
}

type Events = fn(&[Value]) -> Option<Value>;

fn kind(convention: &Convention, attributes: &Map<String, Value>) -> Option<&'static str> {
    let said = decoded(attributes.get(convention.kind_key?)?)?;
    convention.kinds.iter().find(|(kind, _)| said == *kind).map(|(_, own)| *own)
}

/// The JSON of an attribute that says something; `#` in its key stands for a number.
fn said(attributes: &Map<String, Value>, key: &str) -> Option<Value> {
    let says = |value: &&Value| !matches!(decoded(value), None | Some(Value::Null)) && !is_empty(value);
    if !key.contains('#') {
        return attributes.get(key).filter(says).cloned();
    }
    attributes.iter().find(|(own, value)| matches(own, key) && says(value)).map(|(_, value)| value.clone())
}

fn is_empty(value: &Value) -> bool {
    match decoded(value) {
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
        _ => false,
    }
}

fn matches(key: &str, pattern: &str) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let (mut parts, mut wanted) = (key.split('.'), pattern.split('.'));
    loop {
        match (parts.next(), wanted.next()) {
            (_, None) => return true,
            (Some(part), Some("#")) if is_number(part) => {}
            (Some(part), Some(own)) if part == own => {}
            _ => return false,
        }
    }
}

fn usage(convention: &Convention, attributes: &Map<String, Value>) -> Option<Value> {
    let number = |key: &str| match decoded(attributes.get(key)?)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let input = convention.input_tokens.and_then(number);
    let output = convention.output_tokens.and_then(number);
    let total = convention.total_tokens.and_then(number).or_else(|| Some(input? + output?));
    input.or(output).or(total)?;
    let all = [
        ("input_tokens", input),
        ("output_tokens", output),
        ("total_tokens", total),
        ("cache_read_input_tokens", convention.cache_read_tokens.and_then(number)),
        ("cache_creation_input_tokens", convention.cache_write_tokens.iter().find_map(|key| number(key))),
    ];
    Some(Value::Object(all.into_iter().filter_map(|(key, n)| Some((key.to_owned(), n?.into()))).collect()))
}

fn model_within(span: &Span) -> Option<Value> {
    let within = |key| span.attribute(key)?.get("model").filter(|model| model.is_string()).cloned();
    within(attribute::INPUTS).or_else(|| within(attribute::OUTPUTS))
}

fn input_events(events: &[Value]) -> Option<Value> {
    let role = |name: &str| match name {
        "gen_ai.system.message" => Some("system"),
        "gen_ai.user.message" => Some("user"),
        "gen_ai.assistant.message" => Some("assistant"),
        _ => None,
    };
    messages(events, |event| role(event["name"].as_str()?).map(Value::from))
}

fn output_events(events: &[Value]) -> Option<Value> {
    messages(events, |event| {
        let role = decoded(&event["attributes"]["role"]).unwrap_or_else(|| "assistant".into());
        (event["name"] == "gen_ai.choice").then_some(role)
    })
}

fn messages(events: &[Value], role: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let message = |event: &Value| {
        let content = decoded(&event["attributes"]["content"])?;
        Some(json!({ "role": role(event)?, "content": content }))
    };
    let messages: Vec<Value> = events.iter().filter_map(message).collect();
    (!messages.is_empty()).then(|| Value::Array(messages).to_string().into())
}
