//! `strata restart`: fells and raises again what runs, or what ran last.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use strata_stack::{Client, Folder, Stack};

use super::{Context, down, up};
use crate::output;

/// Fells and raises again, all or from a level up
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata restart\n  strata restart --level 4      the registry and serving\n  strata restart serving\n\nThe services restart in their process: a new binary or configuration needs `strata down` and `strata up`."
)]
pub(crate) struct Restart {
    /// These services, and what stands on them
    services: Vec<String>,
    /// This level and all that stands on it
    #[arg(long, value_name = "LEVEL", conflicts_with = "services")]
    level: Option<String>,
}

impl Restart {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let folder = Folder::open(&context.config.data_dir)?;
        let chart = Stack::chart(&context.config)?;
        let Some(status) = Client::status_of(folder.run()).await? else {
            bail!("nothing runs: `strata up` raises it");
        };
        let wanted: Vec<_> = status.services.iter().filter(|service| service.wanted).collect();
        let mut asked: Vec<String> = Vec::new();
        if let Some(level) = &self.level {
            let level = chart.level(level)?.number;
            asked.extend(wanted.iter().filter(|s| s.level >= level).map(|service| service.status.name.clone()));
        } else if self.services.is_empty() {
            asked.extend(wanted.iter().map(|service| service.status.name.clone()));
        }
        for name in &self.services {
            asked.push(chart.service(name)?.name.to_owned());
        }
        let late = down::fell(&folder, asked, false).await?.unwrap_or_default();
        if !late.is_empty() {
            output::note(&format!("these did not end in time: {}", late.join(", ")));
        }
        let Some(client) = Client::connect(folder.run()).await? else { bail!("the stack ended meanwhile") };
        let again = wanted.iter().map(|service| service.status.name.clone()).collect();
        up::raise(client, &folder, again, context.json).await
    }
}
