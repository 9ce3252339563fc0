//! `strata cluster status`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use strata_stack::cluster;

use super::super::DEGRADED;
use super::Context;
use crate::output;

/// Shows the executors of a cluster
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata cluster status --scheduler ballista://127.0.0.1:50050\n  strata cluster status --json\n\nExit codes: 0 there are executors, 2 there are none, 1 no scheduler answers."
)]
pub(crate) struct Status {
    /// The scheduler, `ballista://HOST:PORT` [default: the setting cluster.engine]
    #[arg(long, value_name = "URL")]
    scheduler: Option<String>,
}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let scheduler = self.scheduler.as_deref().unwrap_or(&context.config.cluster.engine);
        let roster = cluster::roster(&context.config, scheduler).await?;
        if context.json {
            let executors = roster.executors.iter().map(|member| {
                json!({"id": member.id, "place": member.place, "slots": member.slots, "heard_seconds": member.heard_seconds})
            });
            output::json(&json!({"slots": roster.slots(), "executors": executors.collect::<Vec<_>>()}))?;
        } else {
            let rows = roster.executors.iter().map(|member| {
                let heard = output::duration(member.heard_seconds as f64);
                [member.place.clone(), member.slots.to_string(), heard, member.id.clone()]
            });
            output::table(["executor", "slots", "heard ago", "id"], rows)?;
        }
        Ok(if roster.executors.is_empty() { ExitCode::from(DEGRADED) } else { ExitCode::SUCCESS })
    }
}
