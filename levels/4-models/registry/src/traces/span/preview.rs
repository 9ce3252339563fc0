//! The first words of what went into a trace and what came out.

use serde_json::Value;

const LONGEST: usize = 1000;

/// Of the JSON of inputs or outputs: the last message of a conversation that `role` said, or all of it.
pub(crate) fn preview(json: &str, role: &str) -> String {
    let message = serde_json::from_str(json).ok().and_then(|value: Value| last_message(&value, role));
    let text = message.filter(|text| !text.is_empty()).unwrap_or_else(|| json.to_owned()).replace('\0', "\u{fffd}");
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 3).chain("...".chars()).collect()
}

fn last_message(value: &Value, role: &str) -> Option<String> {
    let messages = messages(value)?;
    let message = messages.iter().rev().find(|message| message["role"] == role).or(messages.last())?;
    match &message["content"] {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => parts.iter().find_map(|part| match part {
            Value::String(text) => Some(text.clone()),
            part if part["type"] == "text" || part["type"] == "output_text" => part["text"].as_str().map(str::to_owned),
            _ => None,
        }),
        _ => None,
    }
}

fn messages(value: &Value) -> Option<Vec<Value>> {
    let object = value.as_object()?;
    let of = |value: &Value| -> Vec<Value> {
        value.as_array().into_iter().flatten().filter(|item| is_message(item)).cloned().collect()
    };
    let filled = |key: &str| object.get(key).filter(|value| value.as_array().is_some_and(|items| !items.is_empty()));
    if let Some(list) = filled("messages") {
        return Some(of(list));
    }
    if let Some(message) = filled("choices").map(|choices| &choices[0]["message"]).filter(|m| is_message(m)) {
        return Some(vec![message.clone()]);
    }
    if let Some(list) = filled("input").or_else(|| filled("output")) {
        return Some(of(list));
    }
    messages(object.get("request")?)
}

fn is_message(item: &Value) -> bool {
    item.get("role").is_some() && item.get("content").is_some()
}
