//! `strata features parity`: whether the online store and silver give the same vectors.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use strata_stack::{Parity as Found, Sample};

use super::super::Context;
use crate::{output, progress};

/// Compares the online store with silver, feature by feature, for every patient
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata features parity\n  strata features parity --sample 1000 --json\n\nEach patient's vector is computed from both stores as of the newest time that both have seen, and compared to the\nlast bit. The exit code is 1 when anything differs. Works beside a running stack, and without one."
)]
pub(crate) struct Parity {
    /// So many patients only, spread over everybody by a hash of their ids
    #[arg(long, value_name = "N")]
    sample: Option<u64>,
    /// Another seed chooses other patients
    #[arg(long, value_name = "SEED", default_value_t = 0, requires = "sample")]
    seed: u64,
}

impl Parity {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let sample = self.sample.map(|patients| Sample { patients, seed: self.seed });
        let bar = progress::bar("comparing patients", None);
        let moving = bar.clone();
        let compared = stack.parity(sample, &mut |at| moving.set_position(at.compared)).await;
        bar.finish_and_clear();
        let found = compared?;
        if context.json {
            output::json(&found)?;
        } else {
            tell(&found)?;
        }
        Ok(if found.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn tell(found: &Found) -> Result<()> {
    let count = output::count;
    output::line(&format!(
        "{} patients compared, {} differ; {} only in silver, {} only online",
        count(found.compared),
        count(found.differing),
        count(found.only_offline),
        count(found.only_online),
    ))?;
    if found.not_comparable > 0 {
        output::line(&format!(
            "{} patients are known online only as of later than silver has seen: ask again",
            count(found.not_comparable)
        ))?;
    }
    if !found.features.is_empty() {
        let rows = found.features.iter().map(|(name, patients)| [(*name).to_owned(), count(*patients)]);
        output::table(["feature", "patients"], rows)?;
        output::line(&format!("such as {}", found.examples.join(", ")))?;
    }
    Ok(())
}
