//! Clearing away for good what was deleted: runs, experiments and logged models, with their artifacts.
//!
//! As `mlflow gc` does, but in two steps, so that what goes is told before it goes; and whoever names some things clears
//! these alone. Artifacts go first: work that was cut short is done by doing it again.

mod age;
pub use age::age;

mod clear;
mod plan;
mod rows;

use std::time::Duration;

use serde::Serialize;

/// What is to be cleared away.
#[derive(Clone, Debug, Default)]
pub struct Which {
    /// Deleted at least so long ago.
    pub older_than: Duration,
    /// These runs.
    pub run_ids: Vec<String>,
    /// These experiments, with all that is in them.
    pub experiment_ids: Vec<String>,
    /// These logged models.
    pub logged_model_ids: Vec<String>,
}

/// What would go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// With the runs of the experiments.
    pub runs: Vec<Doomed>,
    /// With all that is in them.
    pub experiments: Vec<Doomed>,
    /// With those of the experiments.
    pub logged_models: Vec<Doomed>,
    /// In the experiments.
    pub traces: u64,
    /// Versions of models whose files are among what goes: they stay, and lead nowhere then.
    pub model_versions: Vec<String>,
    /// Things whose artifacts are not in this store, and stay where they are.
    pub artifacts_elsewhere: u64,
}

/// One of what would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doomed {
    /// By which it is known.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Where its artifacts lie.
    pub artifacts: String,
}

impl Plan {
    /// Whether there is nothing to be done.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.experiments.is_empty() && self.logged_models.is_empty()
    }

    fn things(&self) -> impl Iterator<Item = &Doomed> {
        self.runs.iter().chain(&self.experiments).chain(&self.logged_models)
    }
}
