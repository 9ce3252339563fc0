//! One assessment, and its form on the wire.

use serde_json::{Map, Value, json};
use strata_database::{AnyRow, Row, SqlError};
use uuid::Uuid;

use crate::traces::time::{of_timestamp, timestamp};
use crate::{Asked, Error};

/// The columns that [`Assessment::of`] reads, of `assessments a`.
pub(crate) const COLUMNS: &str = "a.id, a.trace_id, a.name, a.kind, a.value, a.error, a.created_at, a.updated_at, \
                                  a.source_type, a.source_id, a.span_id, a.rationale, a.overrides, a.valid, a.metadata";

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Assessment {
    pub(crate) id: String,
    pub(crate) trace_id: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Any JSON: a truth, a number, a text, or what holds them.
    pub(crate) value: Value,
    pub(crate) error: Option<Value>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) source_type: String,
    pub(crate) source_id: String,
    pub(crate) span_id: Option<String>,
    pub(crate) rationale: Option<String>,
    /// The assessment that this one puts right.
    pub(crate) overrides: Option<String>,
    pub(crate) valid: bool,
    pub(crate) metadata: Map<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Feedback,
    Expectation,
    Issue,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Expectation, Self::Feedback, Self::Issue];

    /// The word in the database, in filters, and the field on the wire.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Feedback => "feedback",
            Self::Expectation => "expectation",
            Self::Issue => "issue",
        }
    }
}

impl Assessment {
    /// What a client says. It gets an id where it has none, and times where they are missing.
    pub(crate) fn of_json(asked: &Asked, trace_id: &str, now: i64) -> Result<Self, Error> {
        let given = Kind::ALL.into_iter().find(|kind| asked.get(kind.name()).is_some());
        let kind = given.ok_or_else(|| Error::invalid("Unknown assessment type: None"))?;
        let source = asked.object("source")?;
        let of_source = |key: &str| source.as_ref().map_or(Ok(None), |source| source.text(key));
        let time = |name| asked.get(name).and_then(of_timestamp).unwrap_or(now);
        let (value, error) = value_of(asked, kind)?;
        let metadata = asked.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Self {
            id: filled(asked, "assessment_id")?.unwrap_or_else(|| format!("a-{}", Uuid::new_v4().simple())),
            trace_id: trace_id.to_owned(),
            name: asked.text("assessment_name")?.unwrap_or_default(),
            kind,
            value,
            error,
            created_at: time("create_time"),
            updated_at: time("last_update_time"),
            source_type: of_source("source_type")?.unwrap_or_else(|| "CODE".to_owned()),
            source_id: of_source("source_id")?.unwrap_or_else(|| "default".to_owned()),
            span_id: filled(asked, "span_id")?,
            rationale: filled(asked, "rationale")?,
            overrides: filled(asked, "overrides")?,
            valid: true,
            metadata,
        })
    }

    pub(crate) fn of(row: &AnyRow) -> Result<Self, SqlError> {
        let parse = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
        let kind: String = row.try_get(3)?;
        Ok(Self {
            id: row.try_get(0)?,
            trace_id: row.try_get(1)?,
            name: row.try_get(2)?,
            kind: Kind::ALL.into_iter().find(|known| known.name() == kind).unwrap_or(Kind::Feedback),
            value: parse(row.try_get(4)?).unwrap_or_default(),
            error: parse(row.try_get(5)?),
            created_at: row.try_get(6)?,
            updated_at: row.try_get(7)?,
            source_type: row.try_get(8)?,
            source_id: row.try_get(9)?,
            span_id: row.try_get(10)?,
            rationale: row.try_get(11)?,
            overrides: row.try_get(12)?,
            valid: row.try_get::<i64, _>(13)? != 0,
            metadata: parse(row.try_get(14)?).and_then(|value| value.as_object().cloned()).unwrap_or_default(),
        })
    }

    /// Its form on the wire.
    pub(crate) fn to_json(&self) -> Value {
        let mut value = Map::new();
        match (self.kind, &self.value) {
            (Kind::Issue, value_of_issue) => {
                value = value_of_issue.as_object().cloned().unwrap_or_default();
            }
            // MLflow gives expectations that hold others as a text, for want of a message that holds them.
            (Kind::Expectation, Value::Array(_) | Value::Object(_)) => {
                let serialized = json!({ "serialization_format": "JSON_FORMAT", "value": self.value.to_string() });
                value.insert("serialized_value".to_owned(), serialized);
            }
            (_, any) => {
                value.insert("value".to_owned(), any.clone());
            }
        }
        if let Some(error) = &self.error {
            value.insert("error".to_owned(), error.clone());
        }
        let mut json = json!({
            "assessment_id": self.id,
            "assessment_name": self.name,
            "trace_id": self.trace_id,
            "source": { "source_type": self.source_type, "source_id": self.source_id },
            "create_time": timestamp(self.created_at),
            "last_update_time": timestamp(self.updated_at),
            self.kind.name(): value,
            "valid": self.valid,
        });
        let optional = [("span_id", &self.span_id), ("rationale", &self.rationale), ("overrides", &self.overrides)];
        for (name, text) in optional {
            if let Some(text) = text {
                json[name] = text.clone().into();
            }
        }
        if !self.metadata.is_empty() {
            json["metadata"] = self.metadata.clone().into();
        }
        json
    }

    /// What it counts as where numbers are compared: truths and the words yes and no count too.
    pub(crate) fn number(&self) -> Option<f64> {
        match &self.value {
            Value::Number(number) => number.as_f64(),
            _ => None,
        }
    }
}

/// The value, and the error, of an assessment of a kind.
pub(crate) fn value_of(asked: &Asked, kind: Kind) -> Result<(Value, Option<Value>), Error> {
    let Some(given) = asked.object(kind.name())? else { return Ok((Value::Null, None)) };
    if kind == Kind::Issue {
        return Ok((json!({ "issue_name": given.required("issue_name")? }), None));
    }
    let serialized = given.object("serialized_value")?.map(|value| value.text("value")).transpose()?.flatten();
    let value = match serialized {
        Some(text) => serde_json::from_str(&text)
            .map_err(|error| Error::invalid(format!("The serialized value of an assessment is no JSON: {error}")))?,
        None => whole(given.get("value").cloned().unwrap_or_default()),
    };
    Ok((value, given.get("error").or_else(|| asked.get("error")).cloned()))
}

/// Protocol buffers know no whole numbers within values, so `4.0` was `4` once.
fn whole(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => (float as i64).into(),
            _ => number.into(),
        },
        Value::Array(items) => items.into_iter().map(whole).collect(),
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| (key, whole(value))).collect()),
        other => other,
    }
}

fn filled(asked: &Asked, name: &str) -> Result<Option<String>, Error> {
    Ok(asked.text(name)?.filter(|text| !text.is_empty()))
}
