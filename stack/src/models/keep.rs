//! What stays of a training: a run for each model, with its report, in `MLflow`'s layout and where runs are kept.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use strata_evaluation::{Card, Evaluation, report};
use strata_features::{FEATURE_COUNT, FEATURE_SET_VERSION};
use strata_model::Model;
use strata_model::mlflow::{Experiment, RunWriter, Status, write_model};
use strata_tracking::{Metric, ModelVersion, NewRun, Run, Tracking};
use strata_training::{Candidate, Settings, TrainingSet};
use strata_types::Timestamp;

use super::EXPERIMENT;

/// The report, among a run's artifacts.
pub(crate) const REPORT: &str = "evaluation.html";
const REPORT_JSON: &str = "evaluation.json";

/// What the runs of one training share.
pub(crate) struct Keeping<'a> {
    pub(crate) runs: &'a Path,
    pub(crate) set: &'a TrainingSet,
    pub(crate) settings: &'a Settings,
    pub(crate) set_version: u64,
    pub(crate) now: Timestamp,
}

impl Keeping<'_> {
    /// Begins the run of one model where runs are kept.
    pub(crate) async fn begin(&self, tracking: &Tracking, experiment: &str, candidate: &Candidate) -> Result<Run> {
        let tags = [("mlflow.source.name", "strata train"), ("mlflow.source.type", "LOCAL"), ("mlflow.user", "strata")];
        let name = &candidate.model.name;
        let run = NewRun { experiment, name, started_ms: self.started_ms(candidate), tags: &tags };
        Ok(tracking.begin(&run).await?)
    }

    /// Logs the run of one model as its folder has it, and registers the model.
    pub(crate) async fn log(&self, run: &Run, candidate: &Candidate, home: &Path, model: &str) -> Result<ModelVersion> {
        let logged = self.log_all(run, candidate, home, model).await;
        if logged.is_err() {
            // What failed first is what is told.
            let _ = run.finish(strata_tracking::Status::Failed, self.now_ms()).await;
        }
        logged.with_context(|| format!("the model is kept in `{}`, but it is not registered", home.display()))
    }

    async fn log_all(
        &self,
        run: &Run,
        candidate: &Candidate,
        home: &Path,
        model: &str,
    ) -> Result<ModelVersion, strata_tracking::Error> {
        let params = self.params(&candidate.model);
        run.log_params(&params.iter().map(|(key, value)| (*key, value.as_str())).collect::<Vec<_>>()).await?;
        run.log_metrics(&self.metrics(candidate)).await?;
        run.keep(&home.join("artifacts")).await?;
        run.finish(strata_tracking::Status::Finished, self.now_ms()).await?;
        let Model { name, feature_set, .. } = &candidate.model;
        let version = candidate.model.version();
        let tags =
            [("strata.model", &**name), ("strata.model_version", &*version), ("strata.feature_set", &**feature_set)];
        run.register(model, "model", &tags).await
    }

    /// Writes the run of one model, whole or not at all; gives its folder.
    pub(crate) fn keep(&self, candidate: &Candidate, run_id: Option<&str>) -> Result<PathBuf> {
        let run_id = run_id.map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned);
        let experiment = Experiment { id: EXPERIMENT.into(), name: "Default".into() };
        let model = &candidate.model;
        let mut run = RunWriter::begin(self.runs, experiment, &run_id, &model.name, self.started_ms(candidate))?;
        for (key, value) in self.params(model) {
            run.param(key, &value)?;
        }
        for Metric { key, value, step, at_ms } in self.metrics(candidate) {
            run.metric(&key, value, step, at_ms)?;
        }
        let example = &self.set.features[..FEATURE_COUNT];
        let version = write_model(&run.artifact_path("model")?, model, example, &run_id)?;
        run.tag("strata.model_version", &version)?;
        let (html, json) = pages(model, self.set, &candidate.evaluation, &run_id, self.now)?;
        run.artifact(REPORT, html.as_bytes())?.artifact(REPORT_JSON, json.as_bytes())?;
        Ok(run.finish(Status::Finished, self.now_ms())?)
    }

    fn now_ms(&self) -> i64 {
        self.now.0 / 1_000
    }

    fn started_ms(&self, candidate: &Candidate) -> i64 {
        self.now_ms() - (candidate.seconds * 1_000.0) as i64
    }

    fn params(&self, model: &Model) -> [(&'static str, String); 9] {
        let settings = self.settings;
        [
            ("seed", settings.seed.to_string()),
            ("hidden", format!("{:?}", settings.hidden)),
            ("dropout", settings.dropout.to_string()),
            ("learning_rate", settings.learning_rate.to_string()),
            ("batch_size", settings.batch_size.to_string()),
            ("max_epochs", settings.max_epochs.to_string()),
            ("patience", settings.patience.to_string()),
            ("features_version", self.set_version.to_string()),
            ("feature_set", model.feature_set.clone()),
        ]
    }

    /// Of each epoch, and of the evaluation at the epoch that was chosen.
    fn metrics(&self, candidate: &Candidate) -> Vec<Metric> {
        let at_ms = self.now_ms();
        let point = |key: &str, value: f64, step: i64| Metric { key: key.to_owned(), value, step, at_ms };
        let evaluation = &candidate.evaluation;
        let figures = [
            ("auroc", evaluation.auroc.map(|auroc| auroc.value)),
            ("auprc", evaluation.auprc.map(|auprc| auprc.value)),
            ("ece", evaluation.calibration.ece),
            ("brier", evaluation.calibration.brier),
            ("utility", evaluation.utility),
        ];
        let epochs = candidate.history.iter().flat_map(|epoch| {
            let step = epoch.number as i64;
            [("train_loss", epoch.train_loss, step), ("validation_auroc", epoch.validation_auroc, step)]
        });
        let chosen = candidate.chosen_epoch as i64;
        let figures = figures.into_iter().filter_map(|(key, value)| Some((key, value?, chosen)));
        epochs.chain(figures).map(|(key, value, step)| point(key, value, step)).collect()
    }
}

/// Writes a new report beside a run's model.
pub(crate) fn write_report(
    home: &Path,
    model: &Model,
    set: &TrainingSet,
    evaluation: &Evaluation,
    now: Timestamp,
) -> Result<()> {
    let run_id = home.file_name().unwrap_or_default().to_string_lossy();
    let (html, json) = pages(model, set, evaluation, &run_id, now)?;
    for (name, text) in [(REPORT, html), (REPORT_JSON, json)] {
        let path = home.join("artifacts").join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(())
}

fn pages(
    model: &Model,
    set: &TrainingSet,
    evaluation: &Evaluation,
    run_id: &str,
    now: Timestamp,
) -> Result<(String, String)> {
    let mut rows = vec![
        (
            "Intended use".to_owned(),
            "Early warning of adverse events in hospital; supports, and never replaces, clinical judgement".to_owned(),
        ),
        (
            "Inputs".to_owned(),
            format!("{FEATURE_COUNT} features (feature set {FEATURE_SET_VERSION}), as of the time of prediction"),
        ),
        ("Features".to_owned(), model.feature_set.clone()),
        (
            "Patients".to_owned(),
            "70 % train, 10 % early stopping, 5 % calibration, 15 % test; no patient is in two parts".to_owned(),
        ),
    ];
    rows.extend(model.metadata.iter().map(|(key, value)| (key.clone(), value.clone())));
    let card = Card {
        title: format!("{}: evaluation", model.name),
        run_id: run_id.to_owned(),
        model_version: model.version(),
        created: now.to_string(),
        dataset: format!("{} rows of {} patients, of which the test part", set.rows(), set.patient_ids.len()),
        rows,
    };
    Ok((report(evaluation, &card), serde_json::to_string_pretty(evaluation)?))
}
