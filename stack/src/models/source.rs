//! Which model is the champion, and its bytes: behind the alias of a registered model, or in the data folder alone.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context, Result};
use strata_model::Model;
use strata_model::mlflow::{MODEL_FILE, read_model};
use strata_serving::Served;
use strata_tracking::{ModelVersion, Tracking};

use super::last::Last;
use super::{EXPERIMENT, champion};
use crate::tracking::CHAMPION;

/// Where runs and versions are kept now; a registry that is raised again is another one.
pub(crate) type Handle = Arc<dyn Fn() -> Option<Tracking> + Send + Sync>;

/// Where the champion is looked for.
#[derive(Clone)]
pub(crate) struct Source {
    pub(super) runs: PathBuf,
    /// `None` where the data folder is all that there is.
    pub(super) alias: Option<Alias>,
}

/// An alias of a registered model.
#[derive(Clone)]
pub(super) struct Alias {
    pub(super) tracking: Handle,
    pub(super) model: String,
    /// What it stood for last, in the data folder.
    pub(super) last: Last,
}

/// A champion, by which it is seen whether it is still the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Champion {
    /// A version of the registered model.
    Version(ModelVersion),
    /// A run of the data folder, with its file as it was.
    Run { home: PathBuf, modified: Option<SystemTime>, bytes: u64 },
}

impl Source {
    /// Who it is now.
    pub(super) async fn champion(&self) -> Result<Option<Champion>> {
        match &self.alias {
            Some(alias) => Ok(alias.tracking()?.resolve(&alias.model, CHAMPION).await?.map(Champion::Version)),
            None => self.of_the_folder(),
        }
    }

    /// Who it was last, without asking anybody: so that a server that is gone, or slow, keeps nobody from serving.
    pub(super) fn last(&self) -> Result<Option<(Champion, Served)>> {
        let Some(alias) = &self.alias else { return self.folders() };
        let Some(version) = alias.last.version() else { return Ok(None) };
        let served = served(alias.last.model(&version)?, &version.run_id);
        Ok(Some((Champion::Version(version), served)))
    }

    /// Who it is by the data folder alone: from before there was a registry, or where there is none.
    pub(super) fn folders(&self) -> Result<Option<(Champion, Served)>> {
        let Some(champion) = self.of_the_folder()? else { return Ok(None) };
        let served = load_run(&champion)?;
        Ok(served.map(|served| (champion, served)))
    }

    /// Its model, and from now on it is the one that was served last.
    pub(super) async fn load(&self, champion: &Champion) -> Result<Served> {
        let (Champion::Version(version), Some(alias)) = (champion, &self.alias) else {
            return load_run(champion)?.context("there is no model");
        };
        let model = alias.last.fetch(&alias.tracking()?, version).await?;
        // Commands that are about the champion mean this one, if it was trained here.
        let home = self.runs.join(EXPERIMENT).join(&version.run_id);
        if !version.run_id.is_empty() && home.is_dir() {
            champion::crown(&self.runs, &home)?;
        }
        Ok(served(model, &version.run_id))
    }

    fn of_the_folder(&self) -> Result<Option<Champion>> {
        let Some(home) = champion::current(&self.runs)? else { return Ok(None) };
        let file = file(&home);
        let about = std::fs::metadata(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        Ok(Some(Champion::Run { home, modified: about.modified().ok(), bytes: about.len() }))
    }
}

impl Alias {
    fn tracking(&self) -> Result<Tracking> {
        (self.tracking)().context("the registry does not stand")
    }
}

fn load_run(champion: &Champion) -> Result<Option<Served>> {
    let Champion::Run { home, .. } = champion else { return Ok(None) };
    let model = read_model(&home.join("artifacts").join("model"))?;
    Ok(Some(served(model, &home.file_name().unwrap_or_default().to_string_lossy())))
}

fn served(model: Model, run_id: &str) -> Served {
    let version = model.version();
    Served { model, run_id: run_id.to_owned(), version }
}

fn file(home: &Path) -> PathBuf {
    home.join("artifacts").join("model").join(MODEL_FILE)
}

impl fmt::Display for Champion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(ModelVersion { name, version, .. }) => write!(f, "models:/{name}/{version}"),
            Self::Run { home, .. } => write!(f, "run {}", home.file_name().unwrap_or_default().to_string_lossy()),
        }
    }
}
