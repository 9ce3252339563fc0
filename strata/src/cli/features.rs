//! `strata features`: silver to the table of features, to a training set of one's own, or to windows of any kind.

mod windows;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use strata_stack::{Engine, FeatureCounts, Format, Stack, Writer};

use super::Context;
use super::cluster::EngineChoice;
use crate::{output, progress};

/// Computes the features of every patient and hour, or of given times
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  strata features\n  strata features --at requests.csv --to training.parquet\n  strata features --engine ballista://127.0.0.1:50050     by the executors of a cluster\n  strata features windows --from silver --to windows\n\nThe requests, CSV or Parquet, need the columns patient_id and time (RFC 3339). The answer has one row for each,\nin their order, with all of their columns, and the 120 features as of that time."
)]
pub(crate) struct Features {
    /// A CSV or Parquet file with the patients and times that are wanted
    #[arg(long, value_name = "FILE")]
    at: Option<PathBuf>,
    /// Where the answer goes: .parquet, .csv or .json [default: stdout, as CSV]
    #[arg(long, value_name = "FILE", requires = "at")]
    to: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineChoice,
    #[command(subcommand)]
    other: Option<Other>,
}

#[derive(Debug, Subcommand)]
enum Other {
    Windows(windows::Windows),
}

impl Features {
    /// Whether the table of features is written, or rows of the lake leave it.
    pub(super) const fn changes(&self) -> bool {
        self.other.is_none()
    }

    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        if let Some(Other::Windows(windows)) = self.other {
            return windows.run(context).await;
        }
        let stack = context.stack()?;
        if let Some(requests) = self.at {
            return answer(&stack, &requests, self.to.as_deref()).await;
        }
        let _lock = stack.folder.lock(Writer::Features, "strata features")?;
        let (counts, up_to_date) = materialise(&stack, &self.engine.engine(context)?).await?;
        if context.json {
            output::json(&counts)?;
        } else {
            let state = if up_to_date { " (as new as silver already)" } else { "" };
            output::line(&format!(
                "features: {} rows of {} patients, {} labelled, {} positive in {} patients{state}",
                output::count(counts.hours),
                output::count(counts.patients),
                output::count(counts.labelled),
                output::count(counts.positive),
                output::count(counts.positive_patients),
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the features of requested patients and times to a file or to stdout.
async fn answer(stack: &Stack, requests: &Path, to: Option<&Path>) -> Result<ExitCode> {
    let Some(path) = to else {
        stack.features.at(requests, Format::Csv, std::io::stdout()).await?;
        return Ok(ExitCode::SUCCESS);
    };
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("csv");
    let format: Format = extension.parse().map_err(anyhow::Error::msg)?;
    let file = File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
    let rows = stack.features.at(requests, format, BufWriter::new(file)).await?;
    output::note(&format!("{} rows written to {}", output::count(rows), path.display()));
    Ok(ExitCode::SUCCESS)
}

/// Writes the table of features with a progress bar; says what it holds, and whether it was there already.
pub(super) async fn materialise(stack: &Stack, engine: &Engine) -> Result<(FeatureCounts, bool)> {
    let bar = progress::bar("computing features", Some(1));
    let moving = bar.clone();
    let written = stack
        .features
        .materialise(engine, &mut |at| {
            moving.set_length(at.total);
            moving.set_position(at.done);
        })
        .await;
    bar.finish_and_clear();
    let written = written?;
    let counts = if written.up_to_date { stack.features.counts().await? } else { written.into() };
    Ok((counts, written.up_to_date))
}
