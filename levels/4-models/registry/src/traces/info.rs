//! What is known of a trace besides its spans, and its forms on the wire.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::time::{duration, of_duration, of_timestamp, timestamp};
use crate::assessments::assessment::Assessment;
use crate::{Asked, Error};

/// How long keys of metadata and tags and their values may be; what is longer is cut.
const METADATA: usize = 250;
const TAG_KEY: usize = 250;
const TAG_VALUE: usize = 4096;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Info {
    pub(crate) id: String,
    pub(crate) experiment_id: i64,
    /// In milliseconds.
    pub(crate) request_time: i64,
    pub(crate) duration: Option<i64>,
    pub(crate) state: State,
    pub(crate) client_request_id: Option<String>,
    pub(crate) request_preview: Option<String>,
    pub(crate) response_preview: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) assessments: Vec<Assessment>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Unspecified,
    Ok,
    Error,
    InProgress,
}

impl State {
    /// The word of the third version of the API, and of the database.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "STATE_UNSPECIFIED",
            Self::Ok => "OK",
            Self::Error => "ERROR",
            Self::InProgress => "IN_PROGRESS",
        }
    }

    /// The word of the second version.
    pub(crate) const fn old_name(self) -> &'static str {
        match self {
            Self::Unspecified => "TRACE_STATUS_UNSPECIFIED",
            other => other.name(),
        }
    }

    /// Of either word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let all = [Self::Unspecified, Self::Ok, Self::Error, Self::InProgress];
        all.into_iter().find(|state| state.name() == word || state.old_name() == word)
    }
}

impl Info {
    /// What a client says when it starts a trace. `now` is the time of assessments that come without one.
    pub(crate) fn of_json(asked: &Asked, now: i64) -> Result<Self, Error> {
        let location = asked.object("trace_location")?;
        let experiment = location.map(|location| location.object("mlflow_experiment")).transpose()?.flatten();
        let experiment = experiment.map(|experiment| experiment.text("experiment_id")).transpose()?.flatten();
        let experiment_id = experiment.and_then(|id| id.parse().ok()).ok_or_else(|| {
            Error::invalid("Invalid value for parameter 'trace_location': a trace belongs to an experiment.")
        })?;
        let id = asked.required("trace_id")?;
        let mut assessments = Vec::new();
        for assessment in asked.objects("assessments")? {
            assessments.push(Assessment::of_json(&assessment, &id, now)?);
        }
        Ok(Self {
            experiment_id,
            request_time: asked.get("request_time").and_then(of_timestamp).unwrap_or(0),
            duration: asked.get("execution_duration").and_then(of_duration),
            state: asked.text("state")?.and_then(|word| State::of(&word)).unwrap_or_default(),
            client_request_id: asked.text("client_request_id")?,
            request_preview: asked.text("request_preview")?.map(without_nul),
            response_preview: asked.text("response_preview")?.map(without_nul),
            metadata: texts(asked, "trace_metadata"),
            tags: texts(asked, "tags"),
            assessments,
            id,
        })
    }

    /// `TraceInfoV3`.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = Map::new();
        let mut put = |key: &str, value: Value| json.insert(key.to_owned(), value);
        put("trace_id", self.id.clone().into());
        if let Some(id) = &self.client_request_id {
            put("client_request_id", id.clone().into());
        }
        let experiment = json!({ "experiment_id": self.experiment_id.to_string() });
        put("trace_location", json!({ "type": "MLFLOW_EXPERIMENT", "mlflow_experiment": experiment }));
        if let Some(preview) = &self.request_preview {
            put("request_preview", preview.clone().into());
        }
        if let Some(preview) = &self.response_preview {
            put("response_preview", preview.clone().into());
        }
        put("request_time", timestamp(self.request_time).into());
        if let Some(millis) = self.duration {
            put("execution_duration", duration(millis).into());
        }
        put("state", self.state.name().into());
        if !self.metadata.is_empty() {
            put("trace_metadata", cut(&self.metadata, METADATA, METADATA).into());
        }
        if !self.tags.is_empty() {
            put("tags", cut(&self.tags, TAG_KEY, TAG_VALUE).into());
        }
        if !self.assessments.is_empty() {
            put("assessments", self.assessments.iter().map(Assessment::to_json).collect());
        }
        json.into()
    }

    /// `TraceInfo` of the second version.
    pub(crate) fn to_old_json(&self) -> Value {
        let mut json = json!({
            "request_id": self.id,
            "experiment_id": self.experiment_id.to_string(),
            "timestamp_ms": self.request_time,
            "execution_time_ms": self.duration.unwrap_or(0),
            "status": self.state.old_name(),
        });
        for (name, map) in [("request_metadata", &self.metadata), ("tags", &self.tags)] {
            if !map.is_empty() {
                json[name] = map.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
            }
        }
        json
    }
}

/// Postgres keeps no NUL in a text, and a preview is not worth a trace.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// A map of texts; what is none is left out.
fn texts(asked: &Asked, name: &str) -> BTreeMap<String, String> {
    let map = asked.get(name).and_then(Value::as_object);
    let pair = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    map.map(|map| map.iter().filter_map(pair).collect()).unwrap_or_default()
}

fn cut(map: &BTreeMap<String, String>, key: usize, value: usize) -> Map<String, Value> {
    let short = |text: &str, length| text.chars().take(length).collect::<String>();
    map.iter().map(|(k, v)| (short(k, key), short(v, value).into())).collect()
}
