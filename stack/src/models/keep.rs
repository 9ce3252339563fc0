//! What stays of a training: a run in `MLflow`'s layout for each model, with its report.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use strata_evaluation::{Card, Evaluation, report};
use strata_features::{FEATURE_COUNT, FEATURE_SET_VERSION};
use strata_model::Model;
use strata_model::mlflow::{Experiment, RunWriter, Status, write_model};
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
    /// Writes the run of one model, whole or not at all; gives its folder.
    pub(crate) fn keep(&self, candidate: &Candidate) -> Result<PathBuf> {
        let run_id = uuid::Uuid::new_v4().simple().to_string();
        let now_ms = self.now.0 / 1_000;
        let started_ms = now_ms - (candidate.seconds * 1_000.0) as i64;
        let experiment = Experiment { id: EXPERIMENT.into(), name: "Default".into() };
        let model = &candidate.model;
        let mut run = RunWriter::begin(self.runs, experiment, &run_id, &model.name, started_ms)?;
        let settings = self.settings;
        run.param("seed", &settings.seed)?
            .param("hidden", &format!("{:?}", settings.hidden))?
            .param("dropout", &settings.dropout)?
            .param("learning_rate", &settings.learning_rate)?
            .param("batch_size", &settings.batch_size)?
            .param("max_epochs", &settings.max_epochs)?
            .param("patience", &settings.patience)?
            .param("features_version", &self.set_version)?
            .param("feature_set", &model.feature_set)?;
        for epoch in &candidate.history {
            let step = epoch.number as i64;
            run.metric("train_loss", epoch.train_loss, step, now_ms)?;
            run.metric("validation_auroc", epoch.validation_auroc, step, now_ms)?;
        }
        let evaluation = &candidate.evaluation;
        let figures = [
            ("auroc", evaluation.auroc.map(|auroc| auroc.value)),
            ("auprc", evaluation.auprc.map(|auprc| auprc.value)),
            ("ece", evaluation.calibration.ece),
            ("brier", evaluation.calibration.brier),
            ("utility", evaluation.utility),
        ];
        for (name, value) in figures {
            if let Some(value) = value {
                run.metric(name, value, candidate.chosen_epoch as i64, now_ms)?;
            }
        }
        let example = &self.set.features[..FEATURE_COUNT];
        let version = write_model(&run.artifact_path("model")?, model, example, &run_id)?;
        run.tag("strata.model_version", &version)?;
        let (html, json) = pages(model, self.set, evaluation, &run_id, self.now)?;
        run.artifact(REPORT, html.as_bytes())?.artifact(REPORT_JSON, json.as_bytes())?;
        Ok(run.finish(Status::Finished, now_ms)?)
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
