//! `strata cluster executor`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use strata_runtime::interrupted;
use strata_stack::cluster::{self, ExecutorWish};

use super::{Bind, Context};
use crate::output;

/// Does tasks that a scheduler hands out
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata cluster executor --scheduler ballista://127.0.0.1:50050\n  strata cluster executor --scheduler ballista://scheduler:50050 --bind 0.0.0.0:50051 --slots 4\n\nIt reaches the lake by its own configuration (infrastructure.objects_*): a job names where the lake lies, and no key.\nWhen it ends, whatever it had not finished is done by others; files that nobody committed are tidied away."
)]
pub(crate) struct Executor {
    /// The scheduler, `ballista://HOST:PORT`
    #[arg(long, value_name = "URL")]
    scheduler: String,
    #[command(flatten)]
    bind: Bind,
    /// The host under which drivers reach it [default: the address of --bind, or that by which it reaches the scheduler]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Tasks at once [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    slots: Option<u16>,
    /// The folder for results until they are fetched [default: one of its own among the system's temporary folders]
    #[arg(long, value_name = "DIR")]
    work_dir: Option<PathBuf>,
}

impl Executor {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode> {
        let own = std::env::temp_dir().join(format!("strata-executor-{}", std::process::id()));
        let is_own = self.work_dir.is_none();
        let work = self.work_dir.unwrap_or(own);
        let wish = ExecutorWish {
            scheduler: self.scheduler.clone(),
            listening: self.bind.listening(0),
            host: self.host,
            slots: self.slots.map(usize::from),
            work: work.clone(),
        };
        let ended = run(context, wish).await;
        if is_own && work.exists() {
            std::fs::remove_dir_all(&work).with_context(|| format!("cannot remove `{}`", work.display()))?;
        }
        ended
    }
}

async fn run(context: &Context, wish: ExecutorWish) -> Result<ExitCode> {
    let asked_to_stop = interrupted();
    let scheduler = wish.scheduler.clone();
    let executor = cluster::executor(&context.config, wish).await?;
    let (place, slots) = (executor.place().to_owned(), executor.slots());
    if context.json {
        output::json(&json!({"place": place, "slots": slots, "scheduler": scheduler}))?;
    } else {
        output::line(&format!("executor at {place} with {slots} slots, works for {scheduler}; Ctrl-C ends it"))?;
    }
    let hears = |is_back| {
        let what = if is_back { "answers again" } else { "does not answer; it is asked again and again" };
        output::note(&format!("the scheduler {scheduler} {what}"));
    };
    executor.run(asked_to_stop, hears).await?;
    Ok(ExitCode::SUCCESS)
}
