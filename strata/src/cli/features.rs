//! `strata features`: silver to the table of features, to a training set of one's own, or to windows of any kind.

mod parity;

mod windows;

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use strata_stack::{Engine, FEATURES, FeatureCounts, Format, Stack, Writer};

use super::Context;
use super::cluster::EngineChoice;
use crate::{output, progress};

/// Computes the features of every patient and hour, or of given times
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  strata features\n  strata features --at requests.csv --to training.parquet\n  strata features --engine ballista://127.0.0.1:50050     by the executors of a cluster\n  strata features windows --from silver --to windows\n  strata features list\n  strata features describe\n  strata features parity\n\nThe requests, CSV or Parquet, need the columns patient_id and time (RFC 3339). The answer has one row for each,\nin their order, with all of their columns, and the 120 features as of that time."
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
    /// Lists the 120 features: name, kind, window, unit and what each is
    List,
    /// Shows what the values of each feature look like in the table: counts, nulls, mean, spread and quantiles
    Describe,
    /// Compares the online store with silver, feature by feature, for every patient
    Parity(parity::Parity),
}

impl Features {
    /// Whether the table of features is written, or rows of the lake leave it.
    pub(super) const fn changes(&self) -> bool {
        self.other.is_none()
    }

    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        match self.other {
            Some(Other::Windows(windows)) => return windows.run(context).await,
            Some(Other::List) => return list(context),
            Some(Other::Describe) => return describe(context).await,
            Some(Other::Parity(parity)) => return parity.run(context).await,
            None => {}
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

fn list(context: &Context) -> Result<ExitCode> {
    if context.json {
        output::json(&FEATURES.as_slice())?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = FEATURES.iter().map(|feature| {
        let window = feature.window_hours.map(|hours| format!("{hours} h")).unwrap_or_default();
        let words = [feature.name, feature.group.name(), &window, feature.unit, feature.description];
        words.map(str::to_owned)
    });
    output::table(["feature", "kind", "window", "unit", "what it is"], rows)?;
    Ok(ExitCode::SUCCESS)
}

async fn describe(context: &Context) -> Result<ExitCode> {
    let stack = context.stack()?;
    if !stack.processing.has_table("feature_profiles").await? {
        bail!("there are no features: run `strata features`");
    }
    let rows = stack.processing.query(PROFILES).await?;
    let format = if context.json { Format::Json } else { Format::Table };
    output::write(|bytes| Ok(rows.write(format, bytes)?))?;
    Ok(ExitCode::SUCCESS)
}

/// The newest version's profiles, in the order of the features.
const PROFILES: &str = "SELECT p.feature, p.count, p.nulls, \
    round(p.mean, 3) AS mean, round(p.std, 3) AS std, round(p.min, 3) AS min, round(p.p05, 3) AS p05, \
    round(p.p25, 3) AS p25, round(p.p50, 3) AS p50, round(p.p75, 3) AS p75, round(p.p95, 3) AS p95, round(p.max, 3) AS max \
    FROM feature_profiles p JOIN feature_definitions d ON d.feature = p.feature AND d.feature_set = p.feature_set \
    WHERE p.version = (SELECT max(version) FROM feature_profiles) ORDER BY d.number";

/// Writes the features of requested patients and times to a file or to stdout.
async fn answer(stack: &Stack, requests: &Path, to: Option<&Path>) -> Result<ExitCode> {
    let Some(path) = to else {
        stack.features.at(requests, Format::Csv, std::io::stdout()).await?;
        return Ok(ExitCode::SUCCESS);
    };
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("csv");
    let format: Format = extension.parse().map_err(anyhow::Error::msg)?;
    // What is there stays until the answer is whole.
    let partial = path.with_extension("partial");
    let unwritable = || format!("cannot write `{}`", path.display());
    let file = File::create(&partial).with_context(unwritable)?;
    let answered = stack.features.at(requests, format, BufWriter::new(file)).await;
    let rows = answered.inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
    std::fs::rename(&partial, path).with_context(unwritable)?;
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
