//! The JSON Schema of the configuration: published for editors, and what each value is checked against.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::DEFAULTS;
use crate::sections::Raw;

/// The JSON Schema (draft 2020-12) of a configuration file. No key is required: what a file leaves
/// out keeps its default, which the schema names.
pub fn schema() -> Value {
    let mut schema = raw();
    let defaults: Value = toml::from_str(DEFAULTS).unwrap_or_default();
    publish(&mut schema, &defaults);
    schema
}

/// The schema as the types give it, each section in its place.
pub(crate) fn raw() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.into_generator().into_root_schema_for::<Raw>().to_value()
}

/// The keys of a schema, dotted, and what each may hold.
pub(crate) fn leaves(schema: &Value) -> Vec<(String, &Value)> {
    let mut leaves = Vec::new();
    for (name, property) in properties(schema).into_iter().flatten() {
        if properties(property).is_none() {
            leaves.push((name.clone(), property));
        } else {
            leaves.extend(self::leaves(property).into_iter().map(|(key, leaf)| (format!("{name}.{key}"), leaf)));
        }
    }
    leaves
}

/// The keys whose values are not to be seen.
pub(crate) fn secrets() -> BTreeSet<String> {
    let schema = raw();
    let hidden = leaves(&schema).into_iter().filter(|(_, leaf)| leaf["writeOnly"] == true);
    hidden.map(|(key, _)| key).collect()
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

fn publish(schema: &mut Value, default: &Value) {
    let Some(object) = schema.as_object_mut() else { return };
    object.remove("required");
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, property) in properties {
            publish(property, &default[name.as_str()]);
        }
    } else {
        object.insert("default".to_owned(), default.clone());
    }
}

/// Why a value does not fit its schema.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is of another type than this.
    Type(String),
    /// It is not this.
    Range(String),
}

/// Checks a value against the part of JSON Schema that the types use.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), Misfit> {
    let choices = choices(schema);
    if !choices.is_empty() {
        let expected = || choices.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ");
        return match value {
            _ if choices.contains(&value) => Ok(()),
            Value::String(_) => Err(Misfit::Range(expected())),
            _ => Err(Misfit::Type(expected())),
        };
    }
    if !is_of_type(schema, value) {
        return Err(Misfit::Type(expected_type(schema)));
    }
    if schema["format"] == "ip" && value.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_err()) {
        return Err(Misfit::Range("an IP address".to_owned()));
    }
    check_bounds(schema, value)?;
    for item in value.as_array().into_iter().flatten() {
        check(&schema["items"], item).map_err(|misfit| match misfit {
            Misfit::Type(_) => Misfit::Type(expected_type(schema)),
            Misfit::Range(expected) => Misfit::Range(format!("a list of which each is {expected}")),
        })?;
    }
    Ok(())
}

/// The type of a schema, in words.
pub(crate) fn expected_type(schema: &Value) -> String {
    match schema["type"].as_str() {
        Some("integer") => "a whole number".to_owned(),
        Some("number") => "a number".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") if schema["items"]["type"] == "integer" => "a list of whole numbers".to_owned(),
        Some("array") => "a list".to_owned(),
        _ => "a text".to_owned(),
    }
}

/// The constants among which a schema lets choose: `enum`, or `oneOf` when each has a description.
fn choices(schema: &Value) -> Vec<&Value> {
    let list = |name: &str| schema[name].as_array().into_iter().flatten();
    list("enum").chain(list("oneOf").filter_map(|choice| choice.get("const"))).collect()
}

fn is_of_type(schema: &Value, value: &Value) -> bool {
    match schema["type"].as_str() {
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        _ => value.is_string(),
    }
}

fn check_bounds(schema: &Value, value: &Value) -> Result<(), Misfit> {
    let (number, unit, names) = match value {
        Value::Array(items) => (items.len() as f64, " items", ["minItems", "maxItems", "", ""]),
        _ => (value.as_f64().unwrap_or_default(), "", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
    };
    let bound = |index: usize| schema.get(names[index]).and_then(Value::as_f64);
    let within = bound(0).is_none_or(|min| number >= min)
        && bound(1).is_none_or(|max| number <= max)
        && bound(2).is_none_or(|min| number > min)
        && bound(3).is_none_or(|max| number < max);
    if within {
        return Ok(());
    }
    let words = ["at least", "at most", "above", "below"];
    let bounds = (0..4).filter_map(|index| Some(format!("{} {}", words[index], json!(schema.get(names[index])?))));
    Err(Misfit::Range(bounds.collect::<Vec<_>>().join(" and ") + unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_gives_every_key_its_sentence_and_default() {
        let schema = schema();
        let port = &schema["properties"]["serving"]["properties"]["port"];
        assert_eq!((&port["default"], &port["maximum"]), (&json!(8000), &json!(65535)));
        assert_eq!(port["description"], "The port to listen on; 0 takes a free one.");
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["serving"]["additionalProperties"], json!(false));
        assert!(!schema.to_string().contains("\"required\""), "a file may leave out what it does not change");
    }

    #[test]
    fn values_are_held_to_their_types_and_bounds() {
        let schema = raw();
        let leaves = leaves(&schema);
        let check = |key: &str, value: Value| {
            let (_, leaf) = leaves.iter().find(|(known, _)| known == key).unwrap();
            super::check(leaf, &value)
        };
        let of_type = |text: &str| Err(Misfit::Type(text.to_owned()));
        let range = |text: &str| Err(Misfit::Range(text.to_owned()));
        assert_eq!(check("serving.port", json!(8001)), Ok(()));
        assert_eq!(check("serving.port", json!("8001")), of_type("a whole number"));
        assert_eq!(check("serving.port", json!(-1)), range("at least 0 and at most 65535"));
        assert_eq!(check("serving.host", json!("somewhere")), range("an IP address"));
        assert_eq!(check("training.dropout", json!(1.0)), range("at least 0 and below 1"));
        assert_eq!(check("training.dropout", json!(0)), Ok(()));
        assert_eq!(check("labels.horizon_hours", json!(0.0)), range("at most 8760 and above 0"));
        assert_eq!(check("training.hidden", json!([64, "32"])), of_type("a list of whole numbers"));
        assert_eq!(check("training.hidden", json!([])), range("at least 1 and at most 8 items"));
        assert_eq!(check("training.hidden", json!([0])), range("a list of which each is at least 1 and at most 4096"));
        assert_eq!(check("processing.on_invalid", json!("column")), range("\"cell\" or \"row\""));
        assert_eq!(check("processing.require_enrolment", json!(1)), of_type("true or false"));
        assert_eq!(check("training.seed", json!(-1)), range("at least 0"));
    }
}
