//! `strata logs`: what the services said.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use strata_logs::{Line, Reader};
use strata_stack::{Folder, Stack};
use strata_types::Timestamp;
use tracing::Level;

use super::{Context, moment};
use crate::output;

/// Shows what services said, merged by time
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata logs\n  strata logs gateway -f\n  strata logs 1 --since 10m --at-least warn\n  strata logs --since 2026-03-01T00:00:00Z --json\n\nThe files: logs/<service>.ndjson in the data folder."
)]
pub(crate) struct Logs {
    /// Of these services, or of the services of these levels
    #[arg(value_name = "LEVEL|SERVICE")]
    of: Vec<String>,
    /// Goes on with what comes, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// From this time on: RFC 3339, or so long ago, such as 90s, 10m, 2h, 3d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// The last so many lines; everything with --since [default: 100]
    #[arg(long, short = 'n', value_name = "LINES")]
    tail: Option<usize>,
    /// As grave as this, or graver: error, warn, info, debug
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    at_least: Level,
}

impl Logs {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let folder = Folder::open(&context.config.data_dir)?;
        let mut reader = Reader::new(&folder.logs()).at_least(self.at_least);
        let services = self.services(context)?;
        if !services.is_empty() {
            reader = reader.services(services);
        }
        if let Some(since) = &self.since {
            reader = reader.since(moment(since, Timestamp(context.clock.now_micros()))?);
        }
        if let Some(lines) = self.tail.or_else(|| self.since.is_none().then_some(100)) {
            reader = reader.last(lines);
        }
        if self.follow {
            let mut coming = reader.follow(&context.scope.child("logs"));
            while let Some(line) = coming.next().await {
                show(&line?, context.json)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let mut any = false;
        for line in reader.read()? {
            any = true;
            show(&line?, context.json)?;
        }
        if !any && !context.json {
            output::note(&format!("nothing was said; the files are in {}", folder.logs().display()));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn services(&self, context: &Context) -> Result<Vec<String>> {
        let chart = Stack::chart(&context.config)?;
        let mut services = Vec::new();
        for asked in &self.of {
            if asked == strata_logs::STRATA {
                services.push(asked.clone());
            } else if let Some(member) = chart.member(asked) {
                services.push(member.name.to_owned());
            } else if let Ok(level) = chart.level(asked) {
                services.extend(chart.on(level.number).into_iter().map(str::to_owned));
            } else {
                chart.service(asked)?;
            }
        }
        Ok(services)
    }
}

fn show(line: &Line, json: bool) -> Result<()> {
    if json { output::line(&line.to_json()) } else { output::line(&line.to_string()) }
}
