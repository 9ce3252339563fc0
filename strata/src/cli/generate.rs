//! `strata generate`: the synthetic hospital into bronze.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use strata_stack::Writer;

use super::{Context, import};

/// Fills bronze with the synthetic hospital
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata generate\n  strata generate --patients 200 --days 3 --seed 7\n  strata generate --drift '{\"kind\": \"sensor_bias\", \"from_day\": 3, \"field\": \"heart_rate\", \"offset\": 8}'\n  strata generate --drift '{\"kind\": \"site_shift\", \"from_day\": 3, \"site\": 1, \"lab_scale\": 1.2}'\n  strata generate --drift '{\"kind\": \"case_mix\", \"from_day\": 3, \"share\": 0.3, \"years\": 15}'\n\nThe same settings give the same bytes. The best AUROC that any model can reach is among the notes."
)]
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
    /// Something that changes on a day, as JSON (see the examples); may be given more than once
    #[arg(long, value_name = "JSON", value_parser = drift)]
    drift: Vec<strata_stack::Drift>,
}

fn drift(text: &str) -> Result<strata_stack::Drift, serde_json::Error> {
    serde_json::from_str(text)
}

impl Generate {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let _lock = stack.folder.lock(Writer::Bronze, "strata generate")?;
        let mut settings = context.config.synthetic.clone();
        settings.patients = self.patients.unwrap_or(settings.patients);
        settings.days = self.days.unwrap_or(settings.days);
        settings.seed = self.seed.unwrap_or(settings.seed);
        let imported = import::import(&stack, stack.ingestion.hospital(&settings, &self.drift)?).await?;
        import::show(&imported, context.json)?;
        Ok(ExitCode::SUCCESS)
    }
}
