//! `strata registry import` and `export`: moving in from MLflow, and out to it.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use strata_config::Secret;
use strata_stack::registry::lifecycle::{From, To};

use super::{Place, bar};
use crate::cli::Context;
use crate::output;

#[expect(clippy::doc_markdown, reason = "these are help texts")]
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata registry import --from sqlite:///srv/mlflow/mlflow.db --artifacts /srv/mlflow/artifacts\n  strata registry import --from postgres://me:secret@db/mlflow --artifacts s3://bucket/mlflow\n  strata registry import --from sqlite:///srv/mlflow/mlflow.db     artifacts stay where they are\n\nMLflow's database is only read. It must have the tables of MLflow 3.18.0 (Alembic revision f4a9b2c7d1e6): bring a copy of\nan older one up with `mlflow db upgrade`. Everything keeps its id. An import that was cut short, or made while MLflow\nstill worked, is run again: it adds what is missing.\nUsers and permissions of MLflow's basic auth are in a database of their own and are not moved."
)]
pub(super) struct Import {
    /// MLflow's own database: sqlite:///FILE or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "URL")]
    from: String,
    /// Where MLflow's server keeps its artifacts (--artifacts-destination, or mlartifacts), to be copied
    #[arg(long, value_name = "PATH|URL")]
    artifacts: Option<String>,
    /// Which of MLflow's workspaces
    #[arg(long, value_name = "NAME", default_value = "default")]
    workspace: String,
    #[command(flatten)]
    place: Place,
}

#[expect(clippy::doc_markdown, reason = "these are help texts")]
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata registry export --to sqlite:///srv/mlflow/mlflow.db --artifacts /srv/mlflow/artifacts\n  mlflow server --backend-store-uri sqlite:////srv/mlflow/mlflow.db --artifacts-destination /srv/mlflow/artifacts\n\nThe database is that of MLflow 3.18.0. Of Postgres, let `mlflow db upgrade postgresql://...` make the tables first."
)]
pub(super) struct Export {
    /// sqlite:///FILE that is not there yet, or postgres://USER:PASSWORD@HOST/NAME with MLflow's tables, empty
    #[arg(long, value_name = "URL")]
    to: String,
    /// Where artifacts are copied to, for MLflow's --artifacts-destination [default: they stay where they are]
    #[arg(long, value_name = "PATH|URL")]
    artifacts: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl Import {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let from = From { database: Secret::new(self.from), artifacts: self.artifacts, workspace: self.workspace };
        let store = self.place.open(context).await?;
        let (bar, mut progress) = bar("importing");
        let imported = store.import(&from, &mut progress).await;
        bar.finish_and_clear();
        let imported = imported?;
        show(&serde_json::to_value(&imported)?, &imported.notes, context)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let to = To { database: Secret::new(self.to), artifacts: self.artifacts };
        let store = self.place.open(context).await?;
        let (bar, mut progress) = bar("exporting");
        let exported = store.export(&to, &mut progress).await;
        bar.finish_and_clear();
        let exported = exported?;
        show(&serde_json::to_value(&exported)?, &exported.notes, context)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What was moved, and what whoever moves should know.
fn show(moved: &serde_json::Value, notes: &[String], context: &Context) -> Result<()> {
    if context.json {
        return output::json(moved);
    }
    let count = |(name, count): (&String, &serde_json::Value)| {
        let count = count.as_u64().filter(|count| *count > 0)?;
        let shown = if name == "bytes" { output::bytes(count) } else { output::count(count) };
        Some([name.replace('_', " "), shown])
    };
    output::table(["moved", "count"], moved.as_object().into_iter().flatten().filter_map(count))?;
    notes.iter().try_for_each(|note| output::line(note))
}
