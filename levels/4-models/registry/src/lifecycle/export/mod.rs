//! Moving out: a store as MLflow's own server 3.18.0 opens and serves it.
//!
//! Into a SQLite file, which is made here with the tables that MLflow makes, and is there whole or not at all; or into a
//! Postgres database in which `mlflow db upgrade` made them, in one transaction. Read as one moment sees it.

mod evaluation_datasets;
mod experiments;
mod gateway;
mod issues;
mod logged_models;
mod metrics;
mod places;
mod python;
mod registered;
mod runs;
mod scorers;
mod spans;
mod traces;
mod webhooks;

use std::path::{Path, PathBuf};

use serde::Serialize;
use strata_artifacts::Artifacts;
use strata_audit::Action;
use strata_config::Secret;
use strata_database::{Database, Transaction, query_scalar, raw_sql};

use self::places::Places;
use super::{Error, Progress, Store, copies, mlflow};

/// Where it goes.
#[derive(Clone, Debug)]
pub struct To {
    /// `sqlite:///FILE` that is not there, or `postgres://...` with MLflow's tables, empty.
    pub database: Secret,
    /// A folder, or `s3://...`, that artifacts are copied to, for the `--artifacts-destination` of MLflow's server. None
    /// leaves them where they are.
    pub artifacts: Option<String>,
}

/// What was moved out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each says what it counts")]
pub struct Exported {
    pub experiments: u64,
    pub runs: u64,
    pub metric_points: u64,
    pub params: u64,
    pub tags: u64,
    pub dataset_inputs: u64,
    pub logged_models: u64,
    pub traces: u64,
    pub spans: u64,
    pub assessments: u64,
    pub registered_models: u64,
    pub model_versions: u64,
    pub webhooks: u64,
    pub evaluation_datasets: u64,
    pub evaluation_records: u64,
    pub issues: u64,
    pub gateway_endpoints: u64,
    pub gateway_secrets: u64,
    pub scorers: u64,
    pub files: u64,
    pub bytes: u64,
    /// What whoever moves should know.
    pub notes: Vec<String>,
}

/// An export under way.
struct Export<'a> {
    store: &'a Store,
    /// Ours, as one moment sees it.
    from: Transaction,
    /// MLflow's.
    to: Transaction,
    places: Places,
    exported: Exported,
    done: u64,
    total: u64,
}

/// Things that are read at once.
const PAGE: i64 = 100;

impl Store {
    /// Writes everything as MLflow keeps it. `progress` is told how much of it is done.
    pub async fn export(&self, to: &To, progress: Progress<'_>) -> Result<Exported, Error> {
        let artifacts = to.artifacts.as_deref().map(|root| Artifacts::open(root, &self.config.s3)).transpose()?;
        let target = Target::open(&to.database).await?;
        let ours = self.artifacts()?;
        let places = Places::new(artifacts.is_some().then(|| ours.clone()));
        let mut export = Export {
            store: self,
            from: self.read().await?,
            to: target.database.write().await?,
            places,
            exported: Exported::default(),
            done: 0,
            total: 0,
        };
        export.all(progress).await?;
        target.database.number_on(&mut export.to, "experiments", "experiment_id").await?;
        let Export { to, mut exported, mut places, .. } = export;
        to.commit().await?;
        target.finish().await?;
        if let Some(artifacts) = artifacts {
            let copied = copies::copy(&ours, &artifacts, places.take(), progress).await?;
            exported.files = copied.files;
            exported.bytes = copied.bytes;
        }
        exported.notes.extend(places.notes());
        let counts = [("runs", exported.runs), ("traces", exported.traces), ("files", exported.files)];
        self.record("registry export", Action::Read, [], &counts).await?;
        Ok(exported)
    }
}

impl Export<'_> {
    async fn all(&mut self, progress: Progress<'_>) -> Result<(), Error> {
        let sql = "SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM traces) + \
                   (SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM metric_chunks)";
        self.total = query_scalar::<_, i64>(sql).fetch_one(&mut *self.from).await?.unsigned_abs();
        self.experiments().await?;
        self.runs(progress).await?;
        self.logged_models().await?;
        self.traces(progress).await?;
        self.registered().await?;
        self.webhooks().await?;
        self.evaluation_datasets().await?;
        self.issues().await?;
        self.gateway().await?;
        self.scorers().await
    }

    fn tell(&mut self, progress: &mut (dyn FnMut(&'static str, u64, u64) + Send), more: u64) {
        self.done += more;
        progress("exporting", self.done, self.total);
    }
}

/// A database of MLflow's that is being filled.
struct Target {
    database: Database,
    /// Of SQLite: what it is called until it is whole, and then.
    file: Option<(PathBuf, PathBuf)>,
}

impl Target {
    async fn open(url: &Secret) -> Result<Self, Error> {
        let Some(path) = url.expose().strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path))
        else {
            let database = Database::foreign(url).await?;
            mlflow::check(&database).await?;
            let mut tx = database.read().await?;
            let sql = "SELECT (SELECT count(*) FROM experiments WHERE experiment_id <> 0) + (SELECT count(*) FROM runs) \
                       + (SELECT count(*) FROM registered_models) + (SELECT count(*) FROM trace_info)";
            let held: i64 = query_scalar(sql).fetch_one(&mut *tx).await?;
            if held > 0 {
                let location = database.location();
                return Err(Error::Refused(format!(
                    "{location} holds something already: give an empty store of MLflow's"
                )));
            }
            return Ok(Self { database, file: None });
        };
        let path = Path::new(path);
        let mut draft = path.as_os_str().to_owned();
        draft.push(".partial");
        let draft = PathBuf::from(draft);
        if path.exists() {
            return Err(Error::There(path.to_owned()));
        }
        if draft.exists() {
            std::fs::remove_file(&draft).map_err(Error::io(format!("{} is in the way", draft.display())))?;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io(format!("{} could not be made", folder.display())))?;
        }
        let database = Database::foreign(&Secret::new(format!("sqlite://{}", draft.display()))).await?;
        let mut tx = database.write().await?;
        raw_sql(mlflow::SCHEMA).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Self { database, file: Some((draft, path.to_owned())) })
    }

    /// It is whole.
    async fn finish(self) -> Result<(), Error> {
        self.database.close().await;
        if let Some((draft, path)) = self.file {
            std::fs::rename(&draft, &path).map_err(Error::io(format!("{} could not be named", path.display())))?;
        }
        Ok(())
    }
}
