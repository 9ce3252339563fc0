//! The fields that the one schema knows, and those among them that hold free text.

use std::collections::HashSet;

use serde_json::Value;
use strata_types::{Topic, json_schema};

/// Where people write sentences, in which anything may stand: names, telephone numbers, another patient.
const FREE_TEXT: &[(Topic, &str)] = &[(Topic::AdverseEvents, "description")];

#[derive(Debug)]
pub(crate) struct Known(Vec<(Topic, HashSet<String>)>);

impl Known {
    pub(crate) fn new() -> Self {
        let fields = |topic| {
            let schema = json_schema(topic);
            let properties = schema.get("properties").and_then(Value::as_object);
            properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
        };
        Self(Topic::ALL.into_iter().map(|topic| (topic, fields(topic))).collect())
    }

    pub(crate) fn has(&self, topic: Topic, field: &str) -> bool {
        self.0.iter().any(|(known, fields)| *known == topic && fields.contains(field))
    }

    pub(crate) fn is_free_text(topic: Topic, field: &str) -> bool {
        FREE_TEXT.contains(&(topic, field))
    }
}
