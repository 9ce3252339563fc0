//! `strata down`: fells the stack or its upper levels, and erases what a level holds when that is asked for.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;
use strata_stack::{Client, Folder, Holdings, Request, Stack};

use super::Context;
use crate::output;

/// Fells the stack, the top first; data are kept
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata down                     everything\n  strata down --level 3           level 3 and what stands on it\n  strata down --level 2 --erase   and what level 2 holds, after a snapshot, when you agree\n  strata down --erase --yes       and everything but the audit log\n\nWhat was taken in is in bronze when it returns. Erasing touches only what the level holds in the data folder:\nneither other levels, nor the audit log, nor stores elsewhere."
)]
pub(crate) struct Down {
    /// This level, by number or name, and all that stands on it
    #[arg(long, value_name = "LEVEL")]
    level: Option<String>,
    /// Erases what the level holds (without --level, what every level holds)
    #[arg(long)]
    erase: bool,
    /// Asks nothing before it erases
    #[arg(long)]
    yes: bool,
    /// Erases without a snapshot
    #[arg(long, requires = "erase")]
    no_snapshot: bool,
}

impl Down {
    /// Fells everything and erases what every level holds.
    pub(crate) fn everything(yes: bool, no_snapshot: bool) -> Self {
        Self { level: None, erase: true, yes, no_snapshot }
    }

    pub(crate) fn erases(&self) -> bool {
        self.erase
    }

    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let folder = Folder::open(&context.config.data_dir)?;
        let chart = Stack::chart(&context.config)?;
        let level = self.level.as_deref().map(|level| chart.level(level)).transpose()?.map(|level| level.number);
        if self.erase && !self.yes && !std::io::stdin().is_terminal() {
            bail!("nobody is there to ask whether to erase: add --yes");
        }
        // Before anything is felled: who says no keeps everything as it is.
        let held = if self.erase { self.agreed(level, context).await? } else { Vec::new() };
        let levels = chart.levels().iter().map(|known| known.number).filter(|number| Some(*number) >= level);
        let mut names: Vec<String> = levels.flat_map(|number| chart.on(number)).map(str::to_owned).collect();
        if self.erase && level == Some(3) {
            // It has the files of the online store open.
            names.push("key-value".to_owned());
        }
        let late = fell(&folder, names, level.unwrap_or(0) == 0).await?;
        let erased = if self.erase { self.erase(held, context).await? } else { None };
        if context.json {
            let felled = late.is_some();
            output::json(&json!({"felled": felled, "late": late.unwrap_or_default(), "erased": erased}))?;
        } else if erased.is_none() {
            match &late {
                None => output::line("nothing runs")?,
                Some(late) if late.is_empty() => output::line("felled; data are kept")?,
                Some(late) => output::line(&format!("felled; these did not end in time: {}", late.join(", ")))?,
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What would be lost, shown; an error if somebody says no.
    async fn agreed(&self, level: Option<u8>, context: &Context) -> Result<Vec<Holdings>> {
        let held = holdings(level, context).await?;
        show(&held)?;
        if !self.yes {
            let mut answer = String::new();
            let _ = write!(std::io::stderr(), "erase this? type yes: ");
            std::io::stdin().lock().read_line(&mut answer)?;
            if answer.trim() != "yes" {
                bail!("nothing was felled or erased");
            }
        }
        Ok(held)
    }

    /// Erases what is held now: felling may have brought more into bronze than was shown.
    async fn erase(&self, shown: Vec<Holdings>, context: &Context) -> Result<Option<Vec<Holdings>>> {
        let stack = context.stack()?;
        let mut held = Vec::new();
        for holdings in shown {
            held.push(stack.holdings(holdings.level).await?);
        }
        if !self.no_snapshot {
            let path = stack.snapshot(&held)?;
            let root = stack.folder.root().display();
            output::note(&format!("snapshot: {} (tar --zstd -xf it in {root} brings it back)", path.display()));
        }
        let bytes = Stack::bytes(&held)?;
        stack.erase(&held).await?;
        output::note(&format!("erased: {}", output::bytes(bytes)));
        Ok(Some(held))
    }
}

async fn holdings(level: Option<u8>, context: &Context) -> Result<Vec<Holdings>> {
    let stack = context.stack()?;
    let levels = strata_stack::LEVELS.iter().map(|known| known.number);
    let mut held = Vec::new();
    for number in levels.filter(|number| level.is_none_or(|level| level == *number)) {
        held.push(stack.holdings(number).await?);
    }
    Ok(held)
}

fn show(held: &[Holdings]) -> Result<()> {
    let mut rows = Vec::new();
    for holdings in held {
        let level = strata_stack::LEVELS.iter().find(|level| level.number == holdings.level);
        let name = format!("{} {}", holdings.level, level.map_or("", |level| level.name));
        let counts: Vec<_> =
            holdings.counts.iter().map(|(what, count)| format!("{} {what}", output::count(*count))).collect();
        let newest = holdings.newest.map(|newest| newest.to_string()).unwrap_or_default();
        rows.push([name, counts.join(", "), output::bytes(holdings.bytes), newest]);
    }
    output::note("this would be lost:");
    output::table(["level", "holds", "bytes", "newest record"], rows)
}

/// Fells these services of a running stack; `None` if none runs. With `all`, its process ends.
pub(crate) async fn fell(folder: &Folder, services: Vec<String>, all: bool) -> Result<Option<Vec<String>>> {
    let Some(client) = Client::connect(folder.run()).await? else { return Ok(None) };
    let request = if all { Request::Leave {} } else { Request::Fell { services: within(folder, services).await? } };
    let late = client.ask(&request, |_| {}).await?;
    if all {
        // It has felled everything; its process ends in a moment.
        while Client::connect(folder.run()).await?.is_some() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    Ok(Some(late))
}

/// Those of the services that the running stack has.
async fn within(folder: &Folder, mut services: Vec<String>) -> Result<Vec<String>> {
    if let Some(status) = Client::status_of(folder.run()).await? {
        services.retain(|name| status.services.iter().any(|service| service.status.name == *name));
    }
    Ok(services)
}
