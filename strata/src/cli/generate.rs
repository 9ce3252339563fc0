//! `strata generate`: the synthetic hospital into bronze.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{Context, import};

/// Fills bronze with the synthetic hospital
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  strata generate\n  strata generate --patients 200 --days 3 --seed 7\n\nThe same settings give the same bytes. The best AUROC that any model can reach is among the notes.")]
pub(crate) struct Generate {
    /// Patients [default: 1000]
    #[arg(long)]
    patients: Option<u32>,
    /// Days that each patient is observed [default: 7]
    #[arg(long)]
    days: Option<u32>,
    /// What every draw starts from [default: 42]
    #[arg(long)]
    seed: Option<u64>,
    /// Drift, from a day on: `site-shift:3`, `sensor-bias:3` or `case-mix:3`; may be given more than once
    #[arg(long, value_name = "KIND:DAY")]
    drift: Vec<strata_stack::Drift>,
}

impl Generate {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let _lock = stack.folder.lock()?;
        let mut settings = context.config.synthetic.clone();
        settings.patients = self.patients.unwrap_or(settings.patients);
        settings.days = self.days.unwrap_or(settings.days);
        settings.seed = self.seed.unwrap_or(settings.seed);
        let imported = import::import(&stack, stack.ingestion.hospital(&settings, &self.drift)?).await?;
        import::show(&imported, context.json)?;
        Ok(ExitCode::SUCCESS)
    }
}
