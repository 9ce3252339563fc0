//! Metrics as clients usually send them, read at once.
//!
//! Whatever else may be sent (numbers as texts, what is not a number, mistakes) is no error here: it is read again, field by
//! field, which takes ten times as long and knows what to complain of.

use serde::Deserialize;
use serde_json::from_slice;

use super::Metric;

/// A metric whose fields are all of their own kind, and whose texts have no escapes.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Usual<'a> {
    key: &'a str,
    value: f64,
    timestamp: i64,
    #[serde(default)]
    step: i64,
    #[serde(default)]
    model_id: Option<&'a str>,
    #[serde(default)]
    dataset_name: Option<&'a str>,
    #[serde(default)]
    dataset_digest: Option<&'a str>,
}

impl Usual<'_> {
    /// None unless it is fine.
    pub(crate) fn metric(self) -> Option<Metric> {
        let Self { key, value, timestamp, step, model_id, dataset_name, dataset_digest } = self;
        let some = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let dataset = match (some(dataset_name), some(dataset_digest)) {
            (Some(name), Some(digest)) => Some((name, digest)),
            (None, None) => None,
            _ => return None,
        };
        let metric = Metric { key: key.to_owned(), value, timestamp, step, model_id: some(model_id), dataset };
        (!key.is_empty() && metric.check("").is_ok()).then_some(metric)
    }
}

/// Of which run one is.
#[derive(Debug, Deserialize)]
struct OfRun<'a> {
    run_id: &'a str,
}

/// The id of a run, and one metric of it.
pub(super) fn one(body: &[u8]) -> Option<(String, Metric)> {
    let OfRun { run_id } = from_slice(body).ok().filter(|of: &OfRun<'_>| !of.run_id.is_empty())?;
    Some((run_id.to_owned(), from_slice::<Usual<'_>>(body).ok()?.metric()?))
}

#[cfg(test)]
mod tests {
    use super::one;
    use crate::Asked;
    use crate::metrics::Metric;

    #[test]
    fn what_is_read_at_once_is_what_is_read_by_fields() {
        let bodies = [
            r#"{"run_id": "r", "key": "a/b c", "value": 1, "timestamp": 5}"#,
            r#"{"run_uuid": "r", "run_id": "r", "key": "k", "value": -1.5e300, "timestamp": 0, "step": -3, "x": [1]}"#,
            r#"{"run_id": "r", "key": "k", "value": 0.1, "timestamp": 1, "model_id": "m", "dataset_name": "", "step": 2}"#,
            r#"{"run_id":"r","key":"k","value":2,"timestamp":1,"dataset_name":"d","dataset_digest":"e","model_id":null}"#,
        ];
        for body in bodies {
            let asked = Asked::of_body(body.as_bytes());
            let slowly = (asked.required("run_id").unwrap(), Metric::asked(&asked, "").unwrap());
            assert_eq!(one(body.as_bytes()), Some(slowly), "{body}");
        }
    }

    #[test]
    fn the_rest_is_left_to_be_read_by_fields() {
        let bodies = [
            r#"{"run_uuid": "r", "key": "k", "value": 1, "timestamp": 5}"#,
            r#"{"run_id": "", "key": "k", "value": 1, "timestamp": 5}"#,
            r#"{"run_id": "r", "key": "", "value": 1, "timestamp": 5}"#,
            r#"{"run_id": "r", "key": "k", "value": "NaN", "timestamp": 5}"#,
            r#"{"run_id": "r", "key": "k", "value": 1, "timestamp": "5"}"#,
            r#"{"run_id": "r", "key": "k", "value": 1, "timestamp": -5}"#,
            r#"{"run_id": "r", "key": "k$", "value": 1, "timestamp": 5}"#,
            r#"{"run_id": "r", "key": "\u0000", "value": 1, "timestamp": 5}"#,
            r#"{"run_id": "r", "key": "k", "value": 1, "timestamp": 5, "step": null}"#,
            r#"{"run_id": "r", "key": "k", "value": 1, "timestamp": 5, "dataset_name": "d"}"#,
            r#"{"run_id": "r", "key": "k", "value": 1, "timestamp": 5"#,
            "",
        ];
        for body in bodies {
            assert_eq!(one(body.as_bytes()), None, "{body}");
        }
    }
}
