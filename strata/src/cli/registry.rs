//! `strata registry`: MLflow's API, for whoever has MLflow's client, and what is done to its store as a whole.

mod backup;
mod gc;
mod moving;
mod serve;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use strata_audit::{Action, Agent, AgentKind};
use strata_config::Secret;
use strata_stack::registry::lifecycle::Store;
use strata_stack::registry::{self, Config};

use super::{Context, audited};
use crate::progress;

/// Keeps experiments, runs and models behind MLflow's REST API
#[derive(Debug, Args)]
pub(crate) struct Registry {
    #[command(subcommand)]
    work: Work,
}

#[derive(Debug, Subcommand)]
enum Work {
    /// Runs this service alone, on an empty or existing store
    Serve(serve::Serve),
    /// Moves in from MLflow: all that its server keeps, from its own database
    Import(moving::Import),
    /// Moves out to MLflow: a database that its server opens and serves
    Export(moving::Export),
    /// Clears away for good what was deleted, with its artifacts
    Gc(gc::Gc),
    /// Makes a copy of the whole store, while it is served
    Backup(backup::Backup),
    /// Brings a backup back
    Restore(backup::Restore),
}

impl Registry {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        match self.work {
            Work::Serve(serve) => serve.run(context).await,
            Work::Import(import) => import.run(context).await,
            Work::Export(export) => export.run(context).await,
            Work::Gc(gc) => gc.run(context).await,
            Work::Backup(backup) => backup.run(context).await,
            Work::Restore(restore) => restore.run(context).await,
        }
    }

    /// Whether nobody knows when it will end.
    pub(crate) fn is_server(&self) -> bool {
        matches!(self.work, Work::Serve(_))
    }

    /// What it does, for the audit log.
    pub(crate) fn deed(&self) -> (&'static str, Action) {
        match self.work {
            Work::Serve(_) => ("registry serve", Action::Execute),
            Work::Import(_) => ("registry import", Action::Create),
            Work::Export(_) => ("registry export", Action::Read),
            Work::Gc(_) => ("registry gc", Action::Delete),
            Work::Backup(_) => ("registry backup", Action::Read),
            Work::Restore(_) => ("registry restore", Action::Update),
        }
    }
}

/// Where the store is: the words of `serve`, which others are to be given too.
#[expect(clippy::doc_markdown, reason = "these are help texts")]
#[derive(Debug, Args)]
struct Place {
    /// Where clients are sent with artifacts: a folder, file://... or s3://BUCKET/PREFIX that they reach themselves
    /// [default: to this server, which keeps them]
    #[arg(long, value_name = "URL")]
    artifact_root: Option<String>,
    /// Where this server keeps artifacts [default: --artifact-root, or registry/artifacts in the data folder]
    #[arg(long, value_name = "URL")]
    artifacts_destination: Option<String>,
    /// sqlite:///FILE or postgres://USER:PASSWORD@HOST/NAME [default: registry/registry.db in the data folder]
    #[arg(long, value_name = "URL", env = "STRATA_REGISTRY_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

impl Place {
    fn config(self, context: &Context) -> Config {
        let mut config = registry::config(&context.config, &context.config.data_dir);
        config.database = self.database.map(Secret::new);
        let is_place = |root: &String| !root.starts_with("http") && !root.starts_with("mlflow-artifacts:");
        let given = self.artifacts_destination.or_else(|| self.artifact_root.clone().filter(is_place));
        config.artifacts = given.or(config.artifacts);
        config.artifact_root = self.artifact_root;
        config
    }

    async fn open(self, context: &Context) -> Result<Store> {
        Ok(Store::open(self.config(context), Arc::clone(&context.clock), who()).await?)
    }
}

/// Whoever runs this command.
fn who() -> Agent {
    Agent::new(AgentKind::Person, &audited::account())
}

/// A bar, and what moves it.
fn bar(what: &str) -> (ProgressBar, impl FnMut(&'static str, u64, u64) + Send + use<>) {
    let bar = progress::bar(what, Some(1));
    let moving = bar.clone();
    let progress = move |what: &'static str, done: u64, total: u64| {
        moving.set_message(if total == 0 { format!("{what}: {done}") } else { what.to_owned() });
        moving.set_length(total.max(1));
        moving.set_position(done.min(total));
    };
    (bar, progress)
}
