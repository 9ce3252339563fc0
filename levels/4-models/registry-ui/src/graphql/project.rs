//! Of an answer of the REST API, what was asked for. What it leaves out is empty, as protobuf has it: pages rely on it.

use serde_json::{Map, Value};

use super::query::{Told, What};
use super::schema::{Kind, Object};

/// What is to be told of an object. What lies elsewhere is taken from `elsewhere`, by name.
pub(super) fn object(of: &Object, value: &Value, told: &[Told], elsewhere: &Map<String, Value>) -> Value {
    let tell = |Told { key, what }: &Told| {
        let value = match what {
            What::Type => Value::from(of.name),
            What::Field { name, kind: kind @ (Kind::Elsewhere(_) | Kind::ManyElsewhere(_)), told } => {
                field(*kind, elsewhere.get(name), told)
            }
            What::Field { name, kind, told } => field(*kind, value.get(name), told),
        };
        (key.clone(), value)
    };
    Value::Object(told.iter().map(tell).collect())
}

pub(super) fn field(kind: Kind, value: Option<&Value>, told: &[Told]) -> Value {
    let value = value.filter(|value| !value.is_null());
    let nothing = Map::new();
    match kind {
        Kind::Text => value.map_or_else(|| Value::from(""), |value| text(value).into()),
        Kind::Long => value.map_or_else(|| Value::from("0"), |value| text(value).into()),
        // Those that are no numbers are told as text: NaN.
        Kind::Float => value.map_or_else(|| Value::from(0.0), |value| value.as_f64().into()),
        Kind::Boolean => value.and_then(Value::as_bool).unwrap_or_default().into(),
        Kind::Texts => value.cloned().unwrap_or_else(|| Value::Array(Vec::new())),
        Kind::One(of) => object(of, value.unwrap_or(&Value::Null), told, &nothing),
        Kind::Many(of) | Kind::ManyElsewhere(of) => {
            let values = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            values.iter().map(|value| object(of, value, told, &nothing)).collect()
        }
        Kind::Elsewhere(of) => value.map_or(Value::Null, |value| object(of, value, told, &nothing)),
        Kind::Nothing(_) => Value::Null,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
