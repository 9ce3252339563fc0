//! `strata clean`: what work that was cut short left behind; with `--all`, everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use strata_stack::{Folder, Writer};

use super::{Context, down};
use crate::output;

#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
/// Removes what work that was cut short left behind
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata clean --dry-run\n  strata clean\n  strata clean --all            the same as `strata down --erase`: shows, asks, makes a snapshot first\n\nOnly the data folder is looked at, and nothing is removed in it that counts for anything."
)]
pub(crate) struct Clean {
    /// Shows what would be removed, and removes nothing
    #[arg(long)]
    dry_run: bool,
    /// Fells everything and erases what every level holds
    #[arg(long, conflicts_with = "dry_run")]
    all: bool,
    /// Erases without asking
    #[arg(long, requires = "all")]
    yes: bool,
    /// Erases without a snapshot
    #[arg(long, requires = "all")]
    no_snapshot: bool,
}

impl Clean {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        if self.all {
            return down::Down::everything(self.yes, self.no_snapshot).run(context).await;
        }
        let folder = Folder::open(&context.config.data_dir)?;
        // Whoever is at work has files that are not finished.
        let writers = [Writer::Stack, Writer::Bronze, Writer::Silver, Writer::Features, Writer::Models];
        let _locks =
            writers.map(|writer| folder.lock(writer, "strata clean")).into_iter().collect::<Result<Vec<_>>>()?;
        let mut found = Vec::new();
        left_behind(folder.root(), &mut found)?;
        let bytes = found.iter().map(|(_, bytes)| bytes).sum();
        if !self.dry_run {
            for (path, _) in &found {
                fs::remove_file(path).with_context(|| format!("cannot remove `{}`", path.display()))?;
            }
        }
        if context.json {
            let files: Vec<_> = found.iter().map(|(path, _)| path).collect();
            output::json(&json!({"removed": !self.dry_run, "bytes": bytes, "files": files}))?;
        } else {
            for (path, _) in &found {
                output::line(&path.display().to_string())?;
            }
            let verb = if self.dry_run { "would be removed" } else { "removed" };
            output::line(&format!("{} files, {}: {verb}", found.len(), output::bytes(bytes)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Files whose name says that they were never finished, or set aside. Links are not followed: what they lead to is elsewhere.
fn left_behind(folder: &Path, found: &mut Vec<(PathBuf, u64)>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))? {
        let entry = entry?;
        let (kind, name) = (entry.file_type()?, entry.file_name());
        if kind.is_dir() {
            // The audit log and the services' logs are kept whatever they hold.
            if !matches!(name.to_str(), Some("audit" | "logs" | "config")) {
                left_behind(&entry.path(), found)?;
            }
        } else if kind.is_file()
            && [".partial", ".aside", "strata.sock"].iter().any(|end| name.to_string_lossy().ends_with(end))
        {
            found.push((entry.path(), entry.metadata()?.len()));
        }
    }
    Ok(())
}
