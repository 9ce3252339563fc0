//! The version that was served last, kept in the data folder: serving starts with it, whether or not a registry answers.
//!
//! `served/FOLDER/model.onnx` is the model, and `served/version.json`, renamed into its place when that is whole, says of
//! which version.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use strata_model::Model;
use strata_model::mlflow::{MODEL_FILE, read_model};
use strata_tracking::{ModelVersion, Tracking};

/// A model of Strata's has less than a megabyte; whoever registers something else under its name fills no disk.
const MOST_BYTES: u64 = 256 << 20;
const VERSION: &str = "version.json";

/// The folder of it.
#[derive(Clone, Debug)]
pub(crate) struct Last(pub(crate) PathBuf);

impl Last {
    /// Which version it is. What cannot be read is fetched again.
    pub(crate) fn version(&self) -> Option<ModelVersion> {
        serde_json::from_slice(&fs::read(self.0.join(VERSION)).ok()?).ok()
    }

    /// Its model.
    pub(super) fn model(&self, version: &ModelVersion) -> Result<Model> {
        Ok(read_model(&self.0.join(folder_of(version)))?)
    }

    /// Fetches the model of another version, which is the last from now on.
    pub(super) async fn fetch(&self, tracking: &Tracking, version: &ModelVersion) -> Result<Model> {
        let folder = self.0.join(folder_of(version));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        let partial = folder.join("model.partial");
        tracking.fetch(version, MODEL_FILE, &partial, MOST_BYTES).await?;
        rename(&partial, &folder.join(MODEL_FILE))?;
        let model = read_model(&folder)?;
        let partial = self.0.join("version.partial");
        fs::write(&partial, serde_json::to_vec(version)?)
            .with_context(|| format!("cannot write `{}`", partial.display()))?;
        rename(&partial, &self.0.join(VERSION))?;
        self.forget_all_but(&folder);
        Ok(model)
    }

    /// What cannot be removed now is removed next time.
    fn forget_all_but(&self, folder: &Path) {
        let others = fs::read_dir(&self.0).into_iter().flatten().flatten().map(|entry| entry.path());
        for other in others.filter(|path| path.is_dir() && path != folder) {
            let _ = fs::remove_dir_all(other);
        }
    }
}

/// No two versions share one, whatever a server calls them.
fn folder_of(version: &ModelVersion) -> String {
    let number: String = version.version.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{number}-{}", version.created_ms)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).with_context(|| format!("cannot write `{}`", to.display()))
}
