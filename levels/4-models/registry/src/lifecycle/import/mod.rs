//! Moving in: all that an MLflow server keeps, from its own database and its folder of artifacts.
//!
//! Everything keeps its id and is written under it, so that what is imported twice is there once: an import that was cut
//! short is run again, and one that was made while MLflow still worked brings what came since. Where both have something
//! to say of a thing, MLflow's word wins. An experiment is known by its name: if its number is taken here, it gets another.

mod evaluation_datasets;
mod experiments;
mod gateway;
mod issues;
mod left;
mod logged_models;
mod metrics;
mod places;
mod registered;
mod runs;
mod scorers;
mod traces;
mod webhooks;

use std::collections::HashMap;

use serde::Serialize;
use strata_audit::Action;
use strata_config::Secret;
use strata_database::{Database, Row, query};

use self::places::Places;
pub(super) use self::traces::{COSTS, PROMOTED, TOKENS};
use super::{Error, Progress, Store, copies, mlflow};

/// What is moved in.
#[derive(Clone, Debug)]
pub struct From {
    /// MLflow's database: `sqlite:///FILE` or `postgres://...`. It is only read.
    pub database: Secret,
    /// Where its server keeps artifacts, to be copied: a folder or `s3://...`. None leaves them where they are.
    pub artifacts: Option<String>,
    /// Of which of MLflow's workspaces; a server without them keeps everything in `default`.
    pub workspace: String,
}

impl From {
    /// A database, and nothing copied.
    pub fn new(database: Secret) -> Self {
        Self { database, artifacts: None, workspace: mlflow::WORKSPACE.to_owned() }
    }
}

/// What was moved in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each says what it counts")]
pub struct Imported {
    pub experiments: u64,
    pub runs: u64,
    /// Runs whose metrics were here already, all of them.
    pub runs_already_there: u64,
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
    pub files_already_there: u64,
    pub bytes: u64,
    /// What whoever moves should know: what was left, and what is to be done.
    pub notes: Vec<String>,
}

/// An import under way.
struct Import<'a> {
    store: &'a Store,
    source: Database,
    workspace: &'a str,
    places: Places,
    /// The numbers of experiments, there and here.
    experiments: HashMap<i64, i64>,
    imported: Imported,
    done: u64,
    total: u64,
}

/// Rows of MLflow's that are read at once.
const PAGE: i64 = 100;

impl Store {
    /// Moves in what MLflow keeps. `progress` is told how many of its rows are done, of how many.
    pub async fn import(&self, from: &From, progress: Progress<'_>) -> Result<Imported, Error> {
        let source = Database::look(&from.database).await?;
        mlflow::check(&source).await?;
        let places = Places::new(from.artifacts.as_deref(), &self.config)?;
        let mut import = Import {
            store: self,
            source,
            workspace: &from.workspace,
            places,
            experiments: HashMap::new(),
            imported: Imported::default(),
            done: 0,
            total: 0,
        };
        import.all(progress).await?;
        let Import { imported, source, .. } = import;
        source.close().await;
        let counts = [
            ("runs", imported.runs),
            ("metric points", imported.metric_points),
            ("traces", imported.traces),
            ("model versions", imported.model_versions),
            ("files", imported.files),
        ];
        self.record("registry import", Action::Create, [], &counts).await?;
        Ok(imported)
    }
}

impl Import<'_> {
    async fn all(&mut self, progress: Progress<'_>) -> Result<(), Error> {
        self.total = self.count().await?;
        self.experiments().await?;
        self.runs(progress).await?;
        self.logged_models().await?;
        self.traces(progress).await?;
        self.registered().await?;
        self.webhooks().await?;
        self.evaluation_datasets().await?;
        self.issues().await?;
        self.gateway().await?;
        self.scorers().await?;
        self.left().await?;
        if let Some(artifacts) = self.places.source() {
            let (artifacts, paths) = (artifacts.clone(), self.places.take());
            let copied = copies::copy(&artifacts, &self.store.artifacts()?, paths, progress).await?;
            self.imported.files = copied.files;
            self.imported.bytes = copied.bytes;
            self.imported.files_already_there = copied.there;
        }
        self.imported.notes.extend(self.places.notes());
        Ok(())
    }

    /// How much there is to be done: what may be much.
    async fn count(&self) -> Result<u64, Error> {
        let mut tx = self.source.read().await?;
        let mut total = 0;
        for table in ["runs", "metrics", "trace_info"] {
            let sql = format!("SELECT count(*) FROM {table}");
            let row = query(strata_database::AssertSqlSafe(sql)).fetch_one(&mut *tx).await?;
            total += row.try_get::<i64, _>(0)?.unsigned_abs();
        }
        Ok(total)
    }

    fn tell(&mut self, progress: &mut (dyn FnMut(&'static str, u64, u64) + Send), more: u64) {
        self.done += more;
        // What comes while it is read was not counted.
        self.total = self.total.max(self.done);
        progress("importing", self.done, self.total);
    }
}
