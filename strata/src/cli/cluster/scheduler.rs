//! `strata cluster scheduler`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use strata_runtime::interrupted;
use strata_stack::cluster;

use super::{Bind, Context};
use crate::output;

/// Hands out the tasks of jobs to executors
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata cluster scheduler\n  strata cluster scheduler --bind 127.0.0.1:0 --json\n  strata cluster scheduler --bind 0.0.0.0:50050      with cluster.tls_authority, tls_certificate and tls_key\n\nIt keeps nothing on disk: when it is started anew, jobs that were under way are sent again by who asked for them."
)]
pub(crate) struct Scheduler {
    #[command(flatten)]
    bind: Bind,
    /// Seconds after which an executor that is not heard is gone, and its tasks are done by others
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(8..))]
    lost_after: u64,
}

/// Where schedulers of this kind usually listen.
const PORT: u16 = 50050;

impl Scheduler {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let asked_to_stop = interrupted();
        let listening = self.bind.listening(PORT);
        let scheduler = cluster::scheduler(&context.config, &listening, Duration::from_secs(self.lost_after)).await?;
        let url = format!("ballista://{}", scheduler.address());
        if context.json {
            output::json(&json!({"url": url}))?;
        } else {
            output::line(&format!("scheduler on {url}; Ctrl-C ends it"))?;
        }
        scheduler.run(asked_to_stop).await?;
        Ok(ExitCode::SUCCESS)
    }
}
