//! `strata features`: silver to the table of features, or to a training set of one's own.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use strata_stack::{Engine, FeatureCounts, Format, Stack, Writer};

use super::Context;
use super::cluster::EngineChoice;
use crate::{output, progress};

/// Computes the features of every patient and hour, or of given times
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata features\n  strata features --at requests.csv --to training.parquet\n  strata features --engine ballista://127.0.0.1:50050     by the executors of a cluster\n\nThe requests need the columns patient_id and time (RFC 3339). The answer has one row for each, in their\norder, with all of their columns, and the 120 features as of that time."
)]
pub(crate) struct Features {
    /// A CSV file with the patients and times that are wanted
    #[arg(long, value_name = "FILE")]
    at: Option<PathBuf>,
    /// Where the answer goes: .parquet, .csv or .json [default: stdout, as CSV]
    #[arg(long, value_name = "FILE", requires = "at")]
    to: Option<PathBuf>,
    #[command(flatten)]
    engine: EngineChoice,
}

impl Features {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        if let Some(requests) = self.at {
            let rows = stack.features.at(&stack.processing.read_csv(&requests)?).await?;
            let extension = self.to.as_ref().and_then(|path| path.extension()?.to_str().map(str::to_owned));
            let format = extension.map_or(Ok(Format::Csv), |name| name.parse()).map_err(anyhow::Error::msg)?;
            return match self.to {
                None => output::write(|bytes| Ok(rows.write(format, bytes)?)).map(|()| ExitCode::SUCCESS),
                Some(path) => {
                    let file =
                        std::fs::File::create(&path).with_context(|| format!("cannot write `{}`", path.display()))?;
                    rows.write(format, std::io::BufWriter::new(file))?;
                    output::note(&format!("{} rows written to {}", output::count(rows.len() as u64), path.display()));
                    Ok(ExitCode::SUCCESS)
                }
            };
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
    let up_to_date = written?.up_to_date;
    Ok((stack.features.counts().await?, up_to_date))
}
