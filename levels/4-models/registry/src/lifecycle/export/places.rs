//! Where artifacts lie, as MLflow's server is told of them.

use std::collections::BTreeSet;

use strata_artifacts::{ArtifactPath, Artifacts};

/// The places of artifacts that an export comes across.
#[derive(Debug)]
pub(super) struct Places {
    /// What is copied, if anything is.
    copied: Option<Artifacts>,
    found: BTreeSet<ArtifactPath>,
    /// Of whole experiments, runs, models and traces that stay where they are, in Strata's own folder.
    proxied: u64,
}

impl Places {
    pub(super) fn new(copied: Option<Artifacts>) -> Self {
        Self { copied, found: BTreeSet::new(), proxied: 0 }
    }

    /// The place of something's own artifacts: noted, and as MLflow calls it.
    pub(super) fn own(&mut self, uri: String) -> String {
        let Some(path) = self.path(&uri) else {
            self.proxied += u64::from(uri.starts_with("mlflow-artifacts:"));
            return uri;
        };
        let there = there(&path);
        self.found.insert(path);
        there
    }

    /// A place within another's artifacts, as MLflow calls it.
    pub(super) fn named(&self, uri: String) -> String {
        self.path(&uri).map_or(uri, |path| there(&path))
    }

    fn path(&self, uri: &str) -> Option<ArtifactPath> {
        self.copied.as_ref()?.locate(uri).ok()
    }

    pub(super) fn take(&mut self) -> BTreeSet<ArtifactPath> {
        std::mem::take(&mut self.found)
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let note = format!(
            "{} places of artifacts are mlflow-artifacts:/...: MLflow's server finds them if its --artifacts-destination is \
             where this registry keeps its own, or once they are copied (--artifacts)",
            self.proxied
        );
        if self.proxied > 0 { vec![note] } else { Vec::new() }
    }
}

fn there(path: &ArtifactPath) -> String {
    format!("mlflow-artifacts:/{}", path.as_str())
}
