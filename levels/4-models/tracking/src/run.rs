//! A run: how one model came to be.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::place::Place;
use crate::{Error, ModelVersion, Question, Tracking};

/// What MLflow takes at once.
const METRICS_AT_ONCE: usize = 1_000;
const PARAMS_AT_ONCE: usize = 100;

/// What a run begins with.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// The experiment, which is made when there is none of this name.
    pub experiment: &'a str,
    /// What people call the run.
    pub name: &'a str,
    /// Milliseconds since 1970.
    pub started_ms: i64,
    /// Labels.
    pub tags: &'a [(&'a str, &'a str)],
}

/// A point of a metric's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub key: String,
    /// What was measured.
    pub value: f64,
    /// At which step.
    pub step: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Well.
    Finished,
    /// Not well.
    Failed,
}

/// A run that goes on.
#[derive(Clone, Debug)]
pub struct Run {
    tracking: Tracking,
    id: String,
    artifacts: String,
}

#[derive(Deserialize)]
struct Experiment {
    experiment_id: String,
}

#[derive(Deserialize)]
struct ExperimentAnswer {
    experiment: Experiment,
}

#[derive(Deserialize)]
struct RunAnswer {
    run: RunData,
}

#[derive(Deserialize)]
struct RunData {
    info: RunInfo,
}

#[derive(Deserialize)]
struct RunInfo {
    run_id: String,
    #[serde(default)]
    artifact_uri: String,
}

impl Tracking {
    /// Begins a run.
    pub async fn begin(&self, new: &NewRun<'_>) -> Result<Run, Error> {
        let experiment = self.experiment(new.experiment).await?;
        let body = json!({
            "experiment_id": experiment,
            "user_id": "strata",
            "run_name": new.name,
            "start_time": new.started_ms,
            "tags": pairs(new.tags.iter().copied()),
        });
        let begun: RunAnswer = self.told(Question::post("runs/create", &body)).await?;
        let RunInfo { run_id: id, artifact_uri: artifacts } = begun.run.info;
        Ok(Run { tracking: self.clone(), id, artifacts })
    }

    /// The id of the experiment of this name.
    async fn experiment(&self, name: &str) -> Result<String, Error> {
        let look = || Question::get("experiments/get-by-name", &[("experiment_name", name)]);
        let found: Result<ExperimentAnswer, Error> = self.told(look()).await;
        match found {
            Err(error) if error.is_missing() => {}
            found => return Ok(found?.experiment.experiment_id),
        }
        let make = Question::post("experiments/create", &json!({ "name": name })).again();
        match self.told::<Experiment>(make).await {
            // Another was quicker.
            Err(error) if error.is_taken() => Ok(self.told::<ExperimentAnswer>(look()).await?.experiment.experiment_id),
            made => Ok(made?.experiment_id),
        }
    }
}

impl Run {
    /// Its id, which the server gave it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Records settings.
    pub async fn log_params(&self, params: &[(&str, &str)]) -> Result<(), Error> {
        for some in params.chunks(PARAMS_AT_ONCE) {
            // The same value once more is no change.
            self.log(&json!({ "run_id": self.id, "params": pairs(some.iter().copied()) }), true).await?;
        }
        Ok(())
    }

    /// Records points, a thousand at once.
    pub async fn log_metrics(&self, metrics: &[Metric]) -> Result<(), Error> {
        for some in metrics.chunks(METRICS_AT_ONCE) {
            let points = some.iter().map(|Metric { key, value, step, at_ms }| {
                json!({ "key": key, "value": number(*value), "step": step, "timestamp": at_ms })
            });
            self.log(&json!({ "run_id": self.id, "metrics": points.collect::<Vec<_>>() }), false).await?;
        }
        Ok(())
    }

    async fn log(&self, body: &Value, repeatable: bool) -> Result<(), Error> {
        let question = Question { repeatable, ..Question::post("runs/log-batch", body) };
        self.tracking.told::<Value>(question).await.map(drop)
    }

    /// Keeps every file below a folder as an artifact, by its path from there.
    pub async fn keep(&self, folder: &Path) -> Result<(), Error> {
        let place = self.place()?;
        let mut folders = vec![(folder.to_owned(), place)];
        while let Some((folder, place)) = folders.pop() {
            let mut entries = tokio::fs::read_dir(&folder).await.map_err(Error::disk("read", &folder))?;
            while let Some(entry) = entries.next_entry().await.map_err(Error::disk("read", &folder))? {
                let path = entry.path();
                let place = place.join(&entry.file_name().to_string_lossy());
                if entry.file_type().await.map_err(Error::disk("read", &path))?.is_dir() {
                    folders.push((path, place));
                    continue;
                }
                let bytes = tokio::fs::read(&path).await.map_err(Error::disk("read", &path))?;
                self.tracking.asked(Question::put(place.address(), bytes.into())).await?;
            }
        }
        Ok(())
    }

    /// Makes an artifact folder of it the next version of a registered model, which is made when there is none of this name.
    pub async fn register(&self, model: &str, folder: &str, tags: &[(&str, &str)]) -> Result<ModelVersion, Error> {
        self.tracking.make_model(model).await?;
        let source = format!("{}/{folder}", self.artifacts.trim_end_matches('/'));
        self.tracking.make_version(model, &source, &self.id, &pairs(tags.iter().copied())).await
    }

    /// Ends it.
    pub async fn finish(&self, status: Status, ended_ms: i64) -> Result<(), Error> {
        let status = match status {
            Status::Finished => "FINISHED",
            Status::Failed => "FAILED",
        };
        let body = json!({ "run_id": self.id, "status": status, "end_time": ended_ms });
        self.tracking.told::<Value>(Question::post("runs/update", &body).again()).await.map(drop)
    }

    fn place(&self) -> Result<Place, Error> {
        Place::of(&self.artifacts)
    }
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    pairs.map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

/// JSON has no number for these; MLflow knows them by name.
fn number(value: f64) -> Value {
    match value {
        value if value.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        value => value.into(),
    }
}
