//! Level 4: from features to models and predictions.

mod champion;

mod keep;

mod source;
pub(crate) use source::Handle;

mod last;

mod first;

mod following;
pub use following::Following;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use strata_config::Config;
use strata_evaluation::{Evaluation, Gate, Subject};
use strata_feature_store::{FeatureStore, LabelledRows};
use strata_runtime::Clock;
use strata_serving::{Served, Serving};
use strata_tracking::Tracking;
use strata_training::{Progress, Settings, TrainingSet, train};
use strata_types::{HOUR, Timestamp};

use self::last::Last;
use self::source::{Alias, Source};
use crate::online::{Online, Record};
use crate::tracking::{CHAMPION, Kept, kept};
use crate::{Features, Folder};

/// The lake below one folder holds one set of models: one experiment.
const EXPERIMENT: &str = "0";

/// Training, evaluating and serving.
#[derive(Debug)]
pub struct Models {
    runs: PathBuf,
    predictions: PathBuf,
    store: FeatureStore,
    online: Online,
    last: Last,
    audit: PathBuf,
    config: Arc<Config>,
    clock: Arc<dyn Clock>,
}

/// One model beside the others.
#[derive(Clone, Debug, Serialize)]
pub struct ModelRow {
    /// `network`, `logistic_regression`, `NEWS2`, `SIRS` or `qSOFA`.
    pub name: String,
    /// On patients that it has not seen.
    pub auroc: Option<f64>,
    /// Its 95 % interval, by resampling patients.
    pub auroc_interval: Option<(f64, f64)>,
    /// Average precision.
    pub auprc: Option<f64>,
    /// Expected calibration error, 15 bins of equal mass.
    pub ece: Option<f64>,
    /// `PhysioNet` 2019's, where the set has it.
    pub utility: Option<f64>,
}

/// What a training left.
#[derive(Clone, Debug, Serialize)]
pub struct TrainedRun {
    /// The models beside the baselines.
    pub models: Vec<ModelRow>,
    /// The network's gates.
    pub gates: Vec<Gate>,
    /// The model that is served from now on; `as before` where none is good enough to take a champion's place.
    pub champion: String,
    /// Why it is the champion.
    pub verdict: String,
    /// The runs, by model.
    pub runs: Vec<(String, PathBuf)>,
    /// What the models are registered as, by model.
    pub registered: Vec<(String, String)>,
    /// The network's report.
    pub report: PathBuf,
    /// Labelled rows that there were.
    pub training_rows: u64,
}

/// What an evaluation left.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The model beside the baselines.
    pub models: Vec<ModelRow>,
    /// All of it.
    pub evaluation: Evaluation,
    /// The report.
    pub report: PathBuf,
}

/// How far a training is.
#[derive(Clone, Debug)]
pub struct TrainingProgress {
    /// What it is doing.
    pub message: String,
    /// The epoch at hand.
    pub epoch: usize,
    /// The most epochs that there may be.
    pub epochs: usize,
}

pub(crate) fn build(
    config: &Config,
    folder: &Folder,
    features: &Features,
    online: &Online,
    clock: &Arc<dyn Clock>,
) -> Models {
    Models {
        runs: folder.runs(),
        predictions: folder.predictions(),
        store: features.store().clone(),
        online: online.clone(),
        last: Last(folder.served()),
        audit: strata_audit::folder(folder.root()),
        config: Arc::new(config.clone()),
        clock: Arc::clone(clock),
    }
}

impl Models {
    /// Trains, compares and keeps the models; the best becomes champion, unless it beats no baseline and there is one. With somewhere to keep
    /// track, each is logged as a run and registered as a version, and the alias `champion` moves to the champion's.
    pub async fn train(
        &self,
        tracking: Option<&Tracking>,
        mut progress: impl FnMut(TrainingProgress) + Send + 'static,
    ) -> Result<TrainedRun> {
        if let Some(tracking) = tracking {
            // Told before the work rather than after it.
            tracking.check().await?;
        }
        let rows = self.store.labelled_rows().await?;
        let set_version = rows.version;
        let training_rows = rows.labels.len() as u64;
        let set = training_set(rows);
        let settings = self.settings();
        let epochs = settings.max_epochs;
        let training = tokio::task::spawn_blocking(move || {
            let mut tell = |at: Progress| {
                if let Progress::Epoch { model, epoch } = at {
                    let message = format!("training {model}");
                    progress(TrainingProgress { message, epoch: epoch.number + 1, epochs });
                }
            };
            let outcome = train(&set, &settings, &mut tell);
            (outcome, set, settings)
        });
        let (outcome, set, settings) = training.await.context("the trainer died")?;
        let outcome = outcome?;
        let now = Timestamp(self.clock.now_micros());
        let keeping = keep::Keeping { runs: &self.runs, set: &set, settings: &settings, set_version, now };
        let names = &self.config.tracking;
        let mut runs = Vec::new();
        let mut versions = Vec::new();
        let mut report = PathBuf::new();
        for candidate in &outcome.models {
            let logged = match tracking {
                Some(tracking) => Some(keeping.begin(tracking, &names.experiment, candidate).await?),
                None => None,
            };
            let kept = keeping.keep(candidate, logged.as_ref().map(strata_tracking::Run::id))?;
            if let Some(logged) = logged {
                let version = keeping.log(&logged, candidate, &kept, &names.model).await?;
                versions.push((candidate.model.name.clone(), version));
            }
            if candidate.model.name == "network" {
                report = kept.join("artifacts").join(keep::REPORT);
            }
            runs.push((candidate.model.name.clone(), kept));
        }
        let best = champion::choose(&outcome);
        let stays = !best.beats_all && self.has_champion(tracking).await?;
        if !stays {
            if let Some((_, home)) = runs.iter().find(|(name, _)| *name == best.name) {
                champion::crown(&self.runs, home)?;
            }
            let version = versions.iter().find(|(name, _)| *name == best.name);
            if let (Some(tracking), Some((_, version))) = (tracking, version) {
                tracking.point(CHAMPION, version).await?;
            }
        }
        let network = outcome.models.first().context("no model was trained")?;
        let evaluations = outcome.models.iter().map(|candidate| &candidate.evaluation);
        let baselines = outcome.baselines.iter().map(|baseline| &baseline.evaluation);
        Ok(TrainedRun {
            models: evaluations.chain(baselines).map(ModelRow::of).collect(),
            gates: network.evaluation.gates.clone(),
            champion: if stays { "as before".to_owned() } else { best.name },
            verdict: best.verdict,
            runs,
            registered: versions
                .into_iter()
                .map(|(name, v)| (name, format!("models:/{}/{}", v.name, v.version)))
                .collect(),
            report,
            training_rows,
        })
    }

    /// Evaluates a run's model, or the champion's, on the test part of the features as they are now.
    pub async fn evaluate(&self, run: Option<&str>) -> Result<Evaluated> {
        let home = self.run(run)?;
        let model = strata_model::mlflow::read_model(&home.join("artifacts").join("model"))?;
        let rows = self.store.labelled_rows().await?;
        let set = training_set(rows);
        let settings = self.settings();
        let evaluating = tokio::task::spawn_blocking(move || {
            let judged = strata_training::evaluate(&model, &set, settings.bootstrap);
            (judged, model, set)
        });
        let (judged, model, set) = evaluating.await.context("the evaluation died")?;
        let (evaluation, baselines) = judged?;
        let now = Timestamp(self.clock.now_micros());
        keep::write_report(&home, &model, &set, &evaluation, now)?;
        let others = baselines.iter().map(|baseline| ModelRow::of(&baseline.evaluation));
        let models = [ModelRow::of(&evaluation)].into_iter().chain(others).collect();
        Ok(Evaluated { models, evaluation, report: home.join("artifacts").join(keep::REPORT) })
    }

    /// How many runs there are.
    pub fn runs(&self) -> Result<u64> {
        let folder = self.runs.join(EXPERIMENT);
        if !folder.is_dir() {
            return Ok(0);
        }
        let runs = std::fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
        Ok(runs.flatten().filter(|run| run.path().join("artifacts").is_dir()).count() as u64)
    }

    /// Whether there is a model to serve: one that was served before, or that the alias stands for.
    pub(crate) async fn has_champion(&self, tracking: Option<&Tracking>) -> Result<bool> {
        if champion::current(&self.runs)?.is_some() || self.last.version().is_some() {
            return Ok(true);
        }
        match tracking {
            Some(tracking) => Ok(tracking.resolve(&self.config.tracking.model, CHAMPION).await?.is_some()),
            None => Ok(false),
        }
    }

    /// Binds the serving port for a run's model.
    pub fn serving_run(&self, port: Option<u16>, run: &str) -> Result<Serving> {
        let model = strata_model::mlflow::read_model(&self.run(Some(run))?.join("artifacts").join("model"))?;
        let version = model.version();
        self.bind(port, Some(Served { model, run_id: run.to_owned(), version }))
    }

    /// Binds the serving port for the champion's model, with what follows the champion while it serves.
    pub async fn serving(&self, port: Option<u16>, tracking: Option<&Tracking>) -> Result<(Serving, Following)> {
        let tracking = tracking.cloned();
        self.serving_with(port, Arc::new(move || tracking.clone())).await
    }

    pub(crate) async fn serving_with(&self, port: Option<u16>, tracking: Handle) -> Result<(Serving, Following)> {
        let source = self.source(tracking);
        let serving = self.bind(port, None)?;
        let seat = serving.seat();
        let serves = first::seated(&source, &seat).await?;
        let following = Following {
            source,
            seat,
            serves: Some(serves),
            every: Duration::from_secs_f64(self.config.tracking.follow_seconds),
            audit: self.audit.clone(),
            clock: Arc::clone(&self.clock),
        };
        Ok((serving, following))
    }

    fn source(&self, tracking: Handle) -> Source {
        let model = self.config.tracking.model.clone();
        let has_alias = kept(&self.config) != Kept::InFolders;
        let alias = has_alias.then(|| Alias { tracking, model, last: self.last.clone() });
        Source { runs: self.runs.clone(), alias }
    }

    fn bind(&self, port: Option<u16>, served: Option<Served>) -> Result<Serving> {
        let serving = &self.config.serving;
        let config = strata_serving::Config {
            host: serving.host,
            port: port.unwrap_or(serving.port),
            top_factors: serving.top_factors,
            prediction_log: self.predictions.clone(),
        };
        let record = Arc::new(Record {
            online: self.online.clone(),
            elsewhere: serving.features.clone(),
            silver: self.store.clone(),
        });
        Ok(strata_serving::build(config, record, served, Arc::clone(&self.clock))?)
    }

    fn run(&self, run: Option<&str>) -> Result<PathBuf> {
        let home = match run {
            Some(id) => self.runs.join(EXPERIMENT).join(id),
            None => champion::current(&self.runs)?.context("there is no model yet: run `strata train`")?,
        };
        if !home.is_dir() {
            bail!("there is no run `{}` in {}", run.unwrap_or_default(), self.runs.join(EXPERIMENT).display());
        }
        Ok(home)
    }

    fn settings(&self) -> Settings {
        let chosen = &self.config.training;
        Settings {
            hidden: chosen.hidden.clone(),
            dropout: chosen.dropout,
            input_dropout: chosen.input_dropout,
            learning_rate: chosen.learning_rate,
            weight_decay: chosen.weight_decay,
            averaging: chosen.averaging,
            class_balance: chosen.class_balance,
            clip: chosen.clip,
            batch_size: chosen.batch_size,
            max_epochs: chosen.max_epochs,
            patience: chosen.patience,
            seed: chosen.seed,
            bootstrap: chosen.bootstrap as u32,
        }
    }
}

impl ModelRow {
    fn of(evaluation: &Evaluation) -> Self {
        let auroc = evaluation.auroc;
        Self {
            name: evaluation.model.clone(),
            auroc: auroc.map(|auroc| auroc.value),
            auroc_interval: auroc.and_then(|auroc| auroc.interval).map(|interval| (interval.low, interval.high)),
            auprc: evaluation.auprc.map(|auprc| auprc.value),
            ece: evaluation.calibration.ece,
            utility: evaluation.utility,
        }
    }
}

fn training_set(rows: LabelledRows) -> TrainingSet {
    let subject = |fact: &strata_feature_store::PatientFact| Subject {
        sex: fact.sex.clone(),
        age_years: fact.age.map(|age| age as f32),
        unit: fact.care_unit.clone(),
        site: fact.site.clone(),
    };
    TrainingSet {
        features: rows.features,
        labels: rows.labels,
        patient_of_row: rows.patient_of_row,
        hours: rows.times.iter().map(|time| time.0 as f64 / HOUR as f64).collect(),
        subjects: rows.patients.iter().map(subject).collect(),
        patient_ids: rows.patients.into_iter().map(|fact| fact.id).collect(),
        has_utility: rows.given_labels,
    }
}
