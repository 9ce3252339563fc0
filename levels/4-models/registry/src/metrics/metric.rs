//! One measurement, as it is asked to be kept.

use serde_json::{Value, json};

use super::point::Point;
use super::wire::Measured;
use crate::key::{self, check_length};
use crate::{Asked, Error};

/// A value of a key at a moment and a step; perhaps of a logged model, perhaps on a dataset.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Metric {
    pub(crate) key: String,
    pub(crate) value: f64,
    pub(crate) timestamp: i64,
    pub(crate) step: i64,
    pub(crate) model_id: Option<String>,
    /// Its name and its digest.
    pub(crate) dataset: Option<(String, String)>,
}

impl Metric {
    /// From the fields of a request; `path` leads to them, such as `metrics[3].`, or is empty.
    pub(crate) fn asked(asked: &Asked, path: &str) -> Result<Self, Error> {
        let missing = |name: &str| Error::missing(&format!("{path}{name}"));
        let some = |name: &str| Ok::<_, Error>(asked.text(name)?.filter(|text| !text.is_empty()));
        let metric = Self {
            key: some("key")?.ok_or_else(|| missing("key"))?,
            value: asked.number("value")?.ok_or_else(|| missing("value"))?,
            timestamp: asked.integer("timestamp")?.ok_or_else(|| missing("timestamp"))?,
            step: asked.integer("step")?.unwrap_or(0),
            model_id: some("model_id")?,
            dataset: match (some("dataset_name")?, some("dataset_digest")?) {
                (Some(name), Some(digest)) => Some((name, digest)),
                (None, None) => None,
                _ => {
                    let message = "Both dataset_name and dataset_digest must be provided if one is provided";
                    return Err(Error::invalid(message));
                }
            },
        };
        metric.check(path)?;
        Ok(metric)
    }

    pub(super) fn check(&self, path: &str) -> Result<(), Error> {
        key::check(format_args!("{path}name"), &self.key)?;
        if self.timestamp < 0 {
            let Self { key, value, timestamp, .. } = self;
            return Err(Error::invalid(format!(
                "Invalid value {timestamp} for parameter '{path}timestamp' supplied: metric '{key}' (value={value}). \
                 Timestamp must be a nonnegative long (64-bit integer) "
            )));
        }
        check_length("Metric name", key::LENGTH, &self.key)
    }

    /// `Metric` on the wire.
    pub(crate) fn to_json(&self) -> Value {
        json!(Measured { key: &self.key, run_id: None, point: self.point() })
    }

    pub(crate) fn point(&self) -> Point {
        Point::new(self.timestamp, self.step, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::Metric;
    use crate::Asked;

    fn asked(body: &str) -> Result<Metric, String> {
        Metric::asked(&Asked::of_body(body.as_bytes()), "metrics[0].").map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_may_be_texts() {
        let metric = asked(r#"{"key": "auroc", "value": "0.5", "timestamp": "12", "step": 3.0}"#).unwrap();
        assert_eq!((metric.value, metric.timestamp, metric.step), (0.5, 12, 3));
        assert!(asked(r#"{"key": "auroc", "value": "NaN", "timestamp": 1}"#).unwrap().value.is_nan());
        let least = asked(r#"{"key": "auroc", "value": "-Infinity", "timestamp": 1}"#).unwrap();
        assert_eq!(least.value, f64::NEG_INFINITY);
        assert_eq!(least.step, 0);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            (r#"{"value": 1, "timestamp": 1}"#, "Missing value for required parameter 'metrics[0].key'"),
            (r#"{"key": "k", "timestamp": 1}"#, "Missing value for required parameter 'metrics[0].value'"),
            (r#"{"key": "k", "value": 1}"#, "Missing value for required parameter 'metrics[0].timestamp'"),
            (r#"{"key": "k", "value": "x", "timestamp": 1}"#, "Invalid value \"x\" for parameter 'value' supplied"),
            (r#"{"key": "k", "value": true, "timestamp": 1}"#, "Invalid value true for parameter 'value' supplied"),
            (r#"{"key": "k", "value": 1, "timestamp": -1}"#, "for parameter 'metrics[0].timestamp' supplied"),
            (r#"{"key": "k", "value": 1, "timestamp": 1.5}"#, "for parameter 'timestamp' supplied"),
            (r#"{"key": "a$", "value": 1, "timestamp": 1}"#, "Invalid value \"a$\" for parameter 'metrics[0].name'"),
            (r#"{"key": "../a", "value": 1, "timestamp": 1}"#, "This name would resolve to '../a'"),
            (r#"{"key": "k", "value": 1, "timestamp": 1, "dataset_name": "d"}"#, "Both dataset_name and"),
        ];
        for (body, message) in cases {
            let said = asked(body).unwrap_err();
            assert!(said.contains(message), "{body}: {said}");
        }
        let long = format!(r#"{{"key": "{}", "value": 1, "timestamp": 1}}"#, "k".repeat(251));
        assert!(asked(&long).unwrap_err().contains("'Metric name' exceeds the maximum length of 250 characters"));
    }
}
