//! `strata logs`: what the services said.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use strata_logs::{Line, Reader};
use strata_stack::{Folder, Stack};
use strata_types::Timestamp;
use tracing::Level;

use super::Context;
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

/// A time, or so long before now.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let wrong = || format!("`{text}` is no time: write 2026-03-01T00:00:00Z, or 90s, 10m, 2h, 3d");
    let Some((number, unit)) = text.len().checked_sub(1).and_then(|at| text.split_at_checked(at)) else {
        bail!(wrong())
    };
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => bail!(wrong()),
    };
    let number: f64 = number.trim().parse().with_context(wrong)?;
    Ok(now - (number * seconds * 1e6) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_absolute_or_ago() {
        let now: Timestamp = "2026-03-02T00:00:00Z".parse().unwrap();
        for (text, time) in [
            ("90s", "2026-03-01T23:58:30Z"),
            ("1.5h", "2026-03-01T22:30:00Z"),
            ("1d", "2026-03-01T00:00:00Z"),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(moment(text, now).unwrap(), time.parse().unwrap(), "{text}");
        }
        for wrong in ["", "m", "ten m", "10w", "gestern", "1ö"] {
            assert!(moment(wrong, now).is_err(), "{wrong}");
        }
    }
}
