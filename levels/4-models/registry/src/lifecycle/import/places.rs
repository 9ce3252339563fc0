//! Where artifacts lie: which of them are copied, and how their places are called then.

use std::collections::BTreeSet;

use strata_artifacts::{ArtifactPath, Artifacts};

use crate::Config;
use crate::lifecycle::Error;

/// The places of artifacts that an import comes across.
#[derive(Debug)]
pub(super) struct Places {
    /// Where they are copied from.
    source: Option<Artifacts>,
    /// What places here begin with.
    root: String,
    found: BTreeSet<ArtifactPath>,
    /// Of whole experiments, runs, models and traces: those that stay elsewhere.
    elsewhere: u64,
    /// Of those, the ones that are found only by a server that has MLflow's folder.
    proxied: u64,
}

impl Places {
    pub(super) fn new(artifacts: Option<&str>, config: &Config) -> Result<Self, Error> {
        let source = artifacts.map(|root| Artifacts::look(root, &config.s3)).transpose()?;
        let root = config.root().trim_end_matches('/').to_owned();
        Ok(Self { source, root, found: BTreeSet::new(), elsewhere: 0, proxied: 0 })
    }

    pub(super) fn source(&self) -> Option<&Artifacts> {
        self.source.as_ref()
    }

    /// The place of something's own artifacts: noted, and as it is called here.
    pub(super) fn own(&mut self, uri: String) -> String {
        let Some(path) = self.path(&uri) else {
            self.elsewhere += 1;
            self.proxied += u64::from(uri.starts_with("mlflow-artifacts:"));
            return uri;
        };
        let here = self.here(&path);
        self.found.insert(path);
        here
    }

    /// A place within another's artifacts, as it is called here.
    pub(super) fn named(&self, uri: String) -> String {
        self.path(&uri).map_or(uri, |path| self.here(&path))
    }

    fn path(&self, uri: &str) -> Option<ArtifactPath> {
        self.source.as_ref()?.locate(uri).ok()
    }

    fn here(&self, path: &ArtifactPath) -> String {
        format!("{}/{}", self.root, path.as_str())
    }

    /// Those that are to be copied.
    pub(super) fn take(&mut self) -> BTreeSet<ArtifactPath> {
        std::mem::take(&mut self.found)
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.proxied > 0 {
            notes.push(format!(
                "{} places of artifacts are mlflow-artifacts:/...: they are found if `strata registry serve \
                 --artifacts-destination` has the folder that MLflow's server had, or once they are copied: import again \
                 with --artifacts",
                self.proxied
            ));
        }
        let others = self.elsewhere - self.proxied;
        if others > 0 {
            notes.push(format!(
                "{others} places of artifacts are elsewhere and stay there: clients go to them themselves"
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::Places;
    use crate::Config;

    #[test]
    fn what_is_copied_is_called_by_its_new_place() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display().to_string();
        let mut places = Places::new(Some(&root), &Config::new("/data")).unwrap();
        assert_eq!(places.own("mlflow-artifacts:/1/r/artifacts".to_owned()), "mlflow-artifacts:/1/r/artifacts");
        assert_eq!(places.own(format!("file://{root}/2/r/artifacts")), "mlflow-artifacts:/2/r/artifacts");
        assert_eq!(places.own("s3://theirs/3".to_owned()), "s3://theirs/3");
        assert_eq!(places.named("models:/m-1".to_owned()), "models:/m-1");
        assert_eq!(places.notes().len(), 1);
        assert_eq!(places.take().len(), 2);

        let mut left = Places::new(None, &Config::new("/data")).unwrap();
        assert_eq!(left.own(format!("{root}/2")), format!("{root}/2"));
        assert_eq!(left.own("mlflow-artifacts:/1".to_owned()), "mlflow-artifacts:/1");
        assert_eq!(left.notes().len(), 2);
        assert!(Places::new(Some("/nowhere/at/all"), &Config::new("/data")).is_err());
    }
}
