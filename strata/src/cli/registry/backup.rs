//! `strata registry backup` and `restore`: copies of a whole store.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use strata_stack::registry::lifecycle::{Present, Store};

use super::{Place, bar, who};
use crate::cli::Context;
use crate::output;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata registry backup --to /backups/registry-2026-11-26\n  strata registry backup --to /backups/rows-only --without-artifacts\n\nThe registry may go on serving. The copy of the database is a SQLite file, as one moment saw it, of a store in Postgres\ntoo (where pg_dump does as well, and faster). The key of webhooks' secrets is in the folder: guard it."
)]
pub(super) struct Backup {
    /// A folder that is not there yet
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Says where the artifacts are, instead of copying them
    #[arg(long)]
    without_artifacts: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata registry restore --from /backups/registry-2026-11-26\n  strata registry restore --from /backups/registry-2026-11-26 --replace\n\nThe registry must not run. A SQLite file that makes room is put aside and named. Artifacts that are there already stay."
)]
pub(super) struct Restore {
    /// The folder of a backup
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Lets a store that is there make room
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    place: Place,
}

impl Backup {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let store = self.place.open(context).await?;
        let (bar, mut progress) = bar("copying");
        let made = store.backup(&self.to, !self.without_artifacts, &mut progress).await;
        bar.finish_and_clear();
        let made = made?;
        if context.json {
            output::json(&made)?;
        } else {
            let artifacts = if made.artifacts_copied {
                format!("{} artifacts, {}", output::count(made.files), output::bytes(made.bytes))
            } else {
                format!("artifacts stay at {}", made.artifacts)
            };
            output::line(&format!("{} holds the registry; {artifacts}", self.to.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let present = if self.replace { Present::Replace } else { Present::Refuse };
        let (bar, mut progress) = bar("bringing back");
        let config = self.place.config(context);
        let clock = Arc::clone(&context.clock);
        let restored = Store::restore(config, clock, who(), &self.from, present, &mut progress).await;
        bar.finish_and_clear();
        let restored = restored?;
        if context.json {
            output::json(&restored)?;
        } else {
            let aside =
                restored.aside.map(|path| format!("; what was there is {}", path.display())).unwrap_or_default();
            output::line(&format!("brought back, with {} artifacts{aside}", output::count(restored.files)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
