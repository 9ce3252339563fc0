//! A training run in the layout of `MLflow`'s file store:
//! `<runs>/<experiment>/<run>/{meta.yaml,metrics/,params/,tags/,artifacts/}`.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};

use super::disk;
use crate::Error;

/// What a run belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// Its folder; digits, as `MLflow` has it.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Well.
    Finished,
    /// Not well; its folder is kept all the same.
    Failed,
}

/// Writes one run; nothing of it is visible before [`RunWriter::finish`], and nothing stays if that never comes.
#[derive(Debug)]
pub struct RunWriter {
    experiment: Experiment,
    run_id: String,
    name: String,
    started_ms: i64,
    home: PathBuf,
    partial: PathBuf,
    metrics: BTreeMap<String, String>,
}

impl RunWriter {
    /// Begins a run and, when it is the first of its kind, its experiment. Times are milliseconds since 1970.
    pub fn begin(
        runs: &Path,
        experiment: Experiment,
        run_id: &str,
        name: &str,
        started_ms: i64,
    ) -> Result<Self, Error> {
        let plain = |text: &str| {
            text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        };
        for (what, id) in [("experiment id", &*experiment.id), ("run id", run_id)] {
            if !plain(id) {
                return Err(Error::Name { what, name: id.into() });
            }
        }
        let folder = runs.join(&experiment.id);
        write_experiment(&folder, &experiment, started_ms)?;
        let (home, partial) = (folder.join(run_id), folder.join(format!(".{run_id}.partial")));
        if home.exists() {
            let cause = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(disk::error("begin", &home)(cause));
        }
        disk::remove_dir(&partial)?;
        for part in ["metrics", "params", "tags", "artifacts"] {
            disk::make_dir(&partial.join(part))?;
        }
        let (run_id, name) = (run_id.to_owned(), name.to_owned());
        let mut run = Self { experiment, run_id, name, started_ms, home, partial, metrics: BTreeMap::new() };
        run.tag("mlflow.runName", &run.name.clone())?
            .tag("mlflow.source.type", "LOCAL")?
            .tag("mlflow.user", "strata")?;
        Ok(run)
    }

    /// Records a setting.
    pub fn param(&mut self, key: &str, value: &dyn fmt::Display) -> Result<&mut Self, Error> {
        self.entry("params", key, &value.to_string())
    }

    /// Records a label.
    pub fn tag(&mut self, key: &str, value: &str) -> Result<&mut Self, Error> {
        self.entry("tags", key, value)
    }

    /// Adds a point to a metric's history.
    pub fn metric(&mut self, key: &str, value: f64, step: i64, at_ms: i64) -> Result<&mut Self, Error> {
        check_key("metric", key)?;
        let history = self.metrics.entry(key.to_owned()).or_default();
        writeln!(history, "{at_ms} {value} {step}").expect("a string takes all");
        Ok(self)
    }

    /// Keeps a file beside the run.
    pub fn artifact(&mut self, path: &str, bytes: &[u8]) -> Result<&mut Self, Error> {
        disk::write(&self.artifact_path(path)?, bytes)?;
        Ok(self)
    }

    /// Where an artifact that writes itself goes, for example `model` for [`super::write_model`].
    pub fn artifact_path(&self, path: &str) -> Result<PathBuf, Error> {
        check_key("artifact", path)?;
        Ok(self.partial.join("artifacts").join(path))
    }

    /// The run's id.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Makes the run visible, whole, and returns its folder.
    pub fn finish(self, status: Status, ended_ms: i64) -> Result<PathBuf, Error> {
        for (key, history) in &self.metrics {
            disk::write(&self.partial.join("metrics").join(key), history.as_bytes())?;
        }
        disk::write(&self.partial.join("meta.yaml"), self.meta(status, ended_ms).as_bytes())?;
        disk::rename(&self.partial, &self.home)?;
        Ok(self.home.clone())
    }

    fn entry(&mut self, folder: &str, key: &str, value: &str) -> Result<&mut Self, Error> {
        check_key("key", key)?;
        disk::write(&self.partial.join(folder).join(key), value.as_bytes())?;
        Ok(self)
    }

    fn meta(&self, status: Status, ended_ms: i64) -> String {
        // The numbers of MLflow's RunStatus and SourceType.
        let status = match status {
            Status::Finished => 3,
            Status::Failed => 4,
        };
        let Self { run_id, started_ms, .. } = self;
        format!(
            "\
artifact_uri: {artifacts}
end_time: {ended_ms}
entry_point_name: ''
experiment_id: '{experiment}'
lifecycle_stage: active
run_id: {run_id:?}
run_name: {name}
run_uuid: {run_id:?}
source_name: ''
source_type: 4
source_version: ''
start_time: {started_ms}
status: {status}
tags: []
user_id: strata
",
            artifacts = quote(&file_uri(&self.home.join("artifacts"))),
            experiment = self.experiment.id,
            name = quote(&self.name),
        )
    }
}

impl Drop for RunWriter {
    fn drop(&mut self) {
        // Finished runs were renamed away; for others the next attempt clears what cannot be removed now.
        let _ = disk::remove_dir(&self.partial);
    }
}

fn write_experiment(folder: &Path, experiment: &Experiment, at_ms: i64) -> Result<(), Error> {
    let (meta, partial) = (folder.join("meta.yaml"), folder.join(".meta.yaml.partial"));
    if meta.exists() {
        return Ok(());
    }
    let text = format!(
        "artifact_location: {}\ncreation_time: {at_ms}\nexperiment_id: '{}'\nlast_update_time: {at_ms}\nlifecycle_stage: active\nname: {}\n",
        quote(&file_uri(folder)),
        experiment.id,
        quote(&experiment.name),
    );
    disk::write(&partial, text.as_bytes())?;
    disk::rename(&partial, &meta)
}

/// A JSON string is a YAML string.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn file_uri(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("file://{}", path.display())
}

/// `MLflow`'s rule for keys: they become paths, so none may climb out of its folder.
fn check_key(what: &'static str, key: &str) -> Result<(), Error> {
    let allowed = |c: char| c.is_alphanumeric() || "/_-. :".contains(c);
    let part = |part: &str| !part.is_empty() && part != "." && part != "..";
    if key.len() <= 250 && key.chars().all(allowed) && key.split('/').all(part) {
        return Ok(());
    }
    Err(Error::Name { what, name: key.into() })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn experiment() -> Experiment {
        Experiment { id: "1".into(), name: "sepsis: within 6 h".into() }
    }

    #[test]
    fn a_run_appears_whole_at_the_end() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut run = RunWriter::begin(home.path(), experiment(), "abc", "first", 1000).expect("begun");
        run.param("learning_rate", &0.001).expect("param").tag("site", "A").expect("tag");
        for (step, loss) in [(0, 0.7), (1, 0.5)] {
            run.metric("train/loss", loss, step, 1000 + step).expect("metric");
        }
        run.artifact("report/card.md", b"hello").expect("artifact");
        let folder = home.path().join("1/abc");
        assert!(!folder.exists());
        assert_eq!(run.finish(Status::Finished, 2000).expect("finished"), folder);
        let text = |path: &str| fs::read_to_string(folder.join(path)).expect(path);
        assert_eq!(text("metrics/train/loss"), "1000 0.7 0\n1001 0.5 1\n");
        assert_eq!(text("params/learning_rate"), "0.001");
        assert_eq!(text("tags/mlflow.runName"), "first");
        assert_eq!(text("artifacts/report/card.md"), "hello");
        assert!(text("meta.yaml").contains("status: 3\n"));
        assert!(fs::read_to_string(home.path().join("1/meta.yaml")).expect("experiment").contains("sepsis"));
        assert!(RunWriter::begin(home.path(), experiment(), "abc", "again", 1).is_err());
    }

    #[test]
    fn a_run_that_never_finishes_leaves_nothing() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let run = RunWriter::begin(home.path(), experiment(), "abc", "first", 1000).expect("begun");
        drop(run);
        let left: Vec<_> = fs::read_dir(home.path().join("1")).expect("listed").flatten().collect();
        assert_eq!(left.len(), 1, "only meta.yaml: {left:?}");
    }

    #[test]
    fn keys_cannot_leave_their_folder() {
        let home = tempfile::tempdir().expect("a temporary folder");
        assert!(RunWriter::begin(home.path(), experiment(), "../abc", "first", 1).is_err());
        let mut run = RunWriter::begin(home.path(), experiment(), "abc", "first", 1).expect("begun");
        for key in ["../x", "/x", "a/../x", "", "a//b", "a\n"] {
            assert!(run.param(key, &1).is_err() && run.artifact(key, b"").is_err(), "{key:?}");
            assert!(run.metric(key, 1.0, 0, 0).is_err(), "{key:?}");
        }
    }
}
