//! A record: inputs, with what came out, what is expected, tags, and where it is from.
//!
//! Pure: what a client says becomes the content that is kept, or is merged into it.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::Error;

/// The tag that says who it was.
pub(super) const USER: &str = "mlflow.user";
const SOURCES: [&str; 5] = ["UNSPECIFIED", "TRACE", "HUMAN", "DOCUMENT", "CODE"];

/// As a client says it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) inputs: Map<String, Value>,
    /// None if nothing is said of them, null if there are none.
    pub(super) outputs: Option<Value>,
    pub(super) expectations: Option<Map<String, Value>>,
    tags: Map<String, Value>,
    source: Option<Source>,
}

#[derive(Clone, Debug, PartialEq)]
struct Source {
    kind: String,
    data: Map<String, Value>,
}

impl Record {
    pub(super) fn parse(value: &Value) -> Result<Self, Error> {
        let fields = value.as_object().ok_or_else(|| Error::invalid("Each record must be an object"))?;
        if fields.get("inputs").is_some_and(Value::is_null) {
            return Err(Error::invalid("inputs must be provided"));
        }
        let record = Self {
            inputs: object(fields, "inputs")?.unwrap_or_default(),
            outputs: fields.get("outputs").cloned(),
            expectations: object(fields, "expectations")?,
            tags: object(fields, "tags")?.unwrap_or_default(),
            source: object(fields, "source")?.as_ref().map(Source::parse).transpose()?,
        };
        match record.user() {
            // Postgres keeps no such text.
            Some(user) if user.contains('\0') => {
                Err(Error::invalid(format!("'{USER}' cannot contain NUL (0x00) characters")))
            }
            _ => Ok(record),
        }
    }

    /// The same for equal inputs, in whatever order.
    pub(super) fn hash(&self) -> String {
        input_hash(&json!(self.inputs))
    }

    /// Who says so.
    pub(super) fn user(&self) -> Option<&str> {
        self.tags.get(USER).and_then(Value::as_str)
    }

    /// What is kept of a new one, with the names that it has on the wire.
    pub(super) fn content(&self) -> Map<String, Value> {
        let mut content = Map::new();
        content.insert("inputs".to_owned(), self.inputs.clone().into());
        put_outputs(&mut content, self.outputs.clone().unwrap_or_else(|| json!({})));
        if let Some(expectations) = &self.expectations {
            content.insert("expectations".to_owned(), expectations.clone().into());
        }
        content.insert("tags".to_owned(), self.tags.clone().into());
        if let Some(Source { kind, data }) = &self.source {
            content.insert("source".to_owned(), json!({ "source_type": kind, "source_data": data }));
            content.insert("source_type".to_owned(), kind.clone().into());
            let id = data.get(if kind == "TRACE" { "trace_id" } else { "source_id" });
            if let Some(Value::String(id)) = id {
                content.insert("source_id".to_owned(), id.clone().into());
            }
        }
        content
    }

    /// New outputs take the place of the old; expectations and tags come to those that are there. Where it is from stays.
    pub(super) fn merge_into(&self, content: &mut Map<String, Value>) {
        if let Some(outputs) = &self.outputs {
            put_outputs(content, outputs.clone());
        }
        for (name, fields) in [("expectations", self.expectations.as_ref()), ("tags", Some(&self.tags))] {
            let Some(fields) = fields.filter(|fields| !fields.is_empty()) else { continue };
            if let Some(known) = content.entry(name).or_insert_with(|| json!({})).as_object_mut() {
                known.extend(fields.clone());
            }
        }
    }
}

impl Source {
    fn parse(fields: &Map<String, Value>) -> Result<Self, Error> {
        let kind = fields.get("source_type").and_then(Value::as_str);
        let kind = kind.ok_or_else(|| Error::invalid("A source must have a source_type"))?.to_uppercase();
        if !SOURCES.contains(&kind.as_str()) {
            let list = SOURCES.map(|source| format!("'{source}'")).join(", ");
            let message = format!("Invalid dataset record source type: {kind}. Valid source types: [{list}]");
            return Err(Error::invalid(message));
        }
        Ok(Self { kind, data: object(fields, "source_data")?.unwrap_or_default() })
    }
}

/// By which inputs are known.
pub(crate) fn input_hash(inputs: &Value) -> String {
    hex::encode(Sha256::digest(inputs.to_string()))
}

fn object(fields: &Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, Error> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object.clone())),
        Some(_) => Err(Error::invalid(format!("'{name}' of a record must be an object"))),
    }
}

fn put_outputs(content: &mut Map<String, Value>, outputs: Value) {
    match outputs {
        Value::Null => content.remove("outputs"),
        outputs => content.insert("outputs".to_owned(), outputs),
    };
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Record;

    fn record(value: &Value) -> Record {
        Record::parse(value).unwrap()
    }

    #[test]
    fn equal_inputs_are_one_record() {
        let one = record(&json!({ "inputs": { "a": 1, "b": { "c": 2, "d": 3 } }, "outputs": 1 }));
        let same = record(&json!({ "inputs": { "b": { "d": 3, "c": 2 }, "a": 1 } }));
        assert_eq!(one.hash(), same.hash());
        assert_ne!(one.hash(), record(&json!({ "inputs": { "a": 2 } })).hash());
    }

    #[test]
    fn content_is_made_and_merged() {
        let trace = json!({ "source_type": "trace", "source_data": { "trace_id": "tr-1" } });
        let first = record(&json!({ "inputs": { "q": 1 }, "expectations": { "a": 1 }, "source": trace }));
        let mut content = first.content();
        let mut expected = json!({
            "inputs": { "q": 1 }, "outputs": {}, "expectations": { "a": 1 }, "tags": {}, "source_id": "tr-1",
            "source_type": "TRACE", "source": { "source_type": "TRACE", "source_data": { "trace_id": "tr-1" } },
        });
        assert_eq!(json!(content), expected);
        let second = record(&json!({ "outputs": null, "expectations": { "b": 2 }, "tags": { "mlflow.user": "ada" } }));
        second.merge_into(&mut content);
        expected.as_object_mut().unwrap().remove("outputs");
        expected["expectations"]["b"] = 2.into();
        expected["tags"]["mlflow.user"] = "ada".into();
        assert_eq!((json!(content), second.user()), (expected, Some("ada")));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for bad in [
            json!(1),
            json!({ "inputs": null }),
            json!({ "inputs": "x" }),
            json!({ "expectations": [] }),
            json!({ "tags": "x" }),
            json!({ "tags": { "mlflow.user": "\0" } }),
            json!({ "source": "x" }),
            json!({ "source": {} }),
            json!({ "source": { "source_type": "bad" } }),
        ] {
            assert!(Record::parse(&bad).is_err(), "{bad}");
        }
    }
}
