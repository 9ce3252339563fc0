//! The JSON Schema of each topic, generated from its type: what is published is what validates.

use schemars::{Schema, schema_for};
use serde_json::{Value, json};

use crate::event::{AdverseEvent, LabResult, Label, Medication, Patient, Vitals};
use crate::{Topic, Variable};

/// The JSON Schema (draft 2020-12) of a topic's records. A field that holds a variable carries its
/// LOINC code, unit and valid range as annotations: a value outside is quarantined, not refused.
pub fn json_schema(topic: Topic) -> Value {
    let schema = match topic {
        Topic::Vitals => schema_for!(Vitals),
        Topic::Medications => schema_for!(Medication),
        Topic::Labs => schema_for!(LabResult),
        Topic::AdverseEvents => schema_for!(AdverseEvent),
        Topic::Patients => schema_for!(Patient),
        Topic::Labels => schema_for!(Label),
    };
    annotate(schema)
}

fn annotate(schema: Schema) -> Value {
    let mut schema = schema.to_value();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (field, property) in properties {
            let (Some(variable), Some(property)) = (Variable::by_event_field(field), property.as_object_mut()) else {
                continue;
            };
            property.insert("x-loinc".into(), json!(variable.loinc));
            property.insert("x-ucum".into(), json!(variable.ucum));
            property.insert("x-valid-range".into(), json!([variable.low, variable.high]));
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Faults 17 and 20: one schema, with one set of ranges, made from the types.
    #[test]
    fn schemas_carry_the_tables_facts() {
        let schema = json_schema(Topic::Vitals);
        assert_eq!(schema["properties"]["heart_rate"]["x-valid-range"], json!([20.0, 300.0]));
        assert_eq!(schema["properties"]["temperature"]["x-ucum"], "Cel");
        assert_eq!(schema["required"], json!(["patient_id", "timestamp"]));
    }
}
