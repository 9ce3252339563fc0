//! Of which kinds the fields of records are. The first record with a field says it.

use serde_json::{Map, Value, json};

use super::record::Record;

/// The schema with the fields of these records, if there is any.
pub(super) fn with(schema: Option<&str>, records: &[Record]) -> Option<String> {
    if records.is_empty() {
        return schema.map(str::to_owned);
    }
    let known = schema.and_then(|schema| serde_json::from_str(schema).ok());
    let mut schema =
        known.unwrap_or_else(|| json!({ "inputs": {}, "outputs": {}, "expectations": {}, "version": "1.0" }));
    for record in records {
        add(&mut schema["inputs"], &record.inputs);
        match record.outputs.as_ref() {
            Some(Value::Object(outputs)) => add(&mut schema["outputs"], outputs),
            Some(Value::Null) | None => {}
            // It has no fields, so it is of a kind as a whole.
            Some(output) if schema["outputs"].as_object().is_some_and(Map::is_empty) => {
                schema["outputs"] = kind(output).into();
            }
            Some(_) => {}
        }
        if let Some(expectations) = &record.expectations {
            add(&mut schema["expectations"], expectations);
        }
    }
    Some(schema.to_string())
}

fn add(schema: &mut Value, fields: &Map<String, Value>) {
    if let Some(schema) = schema.as_object_mut() {
        for (name, value) in fields {
            schema.entry(name).or_insert_with(|| kind(value).into());
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::with;
    use crate::evaluation_datasets::record::Record;

    fn check(schema: Option<&str>, records: &Value, expected: &Value) {
        let records: Vec<_> = records.as_array().unwrap().iter().map(|r| Record::parse(r).unwrap()).collect();
        let schema = with(schema, &records).unwrap();
        assert_eq!(&serde_json::from_str::<Value>(&schema).unwrap(), expected);
    }

    #[test]
    fn fields_are_of_kinds() {
        let records = json!([
            { "inputs": { "a": 1, "b": 1.5, "c": null }, "outputs": { "d": true }, "expectations": { "e": [1] } },
            { "inputs": { "a": "x", "f": {} }, "outputs": "text" },
        ]);
        let expected = json!({
            "inputs": { "a": "integer", "b": "float", "c": "null", "f": "object" }, "outputs": { "d": "boolean" },
            "expectations": { "e": "array" }, "version": "1.0",
        });
        check(None, &records, &expected);
        let whole = json!({ "inputs": {}, "outputs": "string", "expectations": {}, "version": "1.0" });
        check(None, &json!([{ "outputs": "text" }, { "outputs": { "a": 1 } }, { "outputs": 3 }]), &whole);
        check(Some(&whole.to_string()), &json!([{ "outputs": { "a": 1 } }]), &whole);
        assert_eq!(with(None, &[]), None);
    }
}
