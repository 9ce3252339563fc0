//! `strata evaluate`: how good a trained model is on patients that it has not seen.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use strata_stack::Writer;

use super::{Context, train};
use crate::output;

/// Evaluates a trained model and writes its report
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata evaluate\n  strata evaluate --run 0f3c… --json\n\nWrites evaluation.html and evaluation.json beside the run."
)]
pub(crate) struct Evaluate {
    /// The run [default: the champion]
    #[arg(long)]
    run: Option<String>,
}

impl Evaluate {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let stack = context.stack()?;
        let _lock = stack.folder.lock(Writer::Models, "strata evaluate")?;
        let evaluated = stack.models.evaluate(self.run.as_deref()).await?;
        if context.json {
            output::json(&evaluated.evaluation)?;
        } else {
            train::models(&evaluated.models)?;
            train::gates(&evaluated.evaluation.gates)?;
            output::line(&format!("report: {}", evaluated.report.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
