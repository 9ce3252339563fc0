//! `strata status`: how everything fares.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use strata_stack::{Client, Folder, Health, ServiceStatus, Stack, StackStatus};

use super::Context;
use crate::output;

/// Shows every service: its level, state, health and cause, port, memory, restarts, uptime and URL
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  strata status\n  strata status --level 1\n  strata status gateway serving --json\n\nExit codes: 0 all that was asked for is healthy, 2 some of it is not, 1 nothing runs."
)]
pub(crate) struct Status {
    /// Asks for these services alone
    services: Vec<String>,
    /// Asks for one level alone
    #[arg(long, value_name = "LEVEL", conflicts_with = "services")]
    level: Option<String>,
}

impl Status {
    pub(crate) async fn run(self, context: &Context) -> Result<ExitCode> {
        let chart = Stack::chart(&context.config)?;
        let mut asked = Vec::new();
        for name in &self.services {
            asked.push(chart.service(name)?.name);
        }
        if let Some(level) = &self.level {
            asked = chart.on(chart.level(level)?.number);
        }
        let mut stack = of(&Folder::open(&context.config.data_dir)?, context).await?;
        if !asked.is_empty() {
            stack.services.retain(|service| asked.contains(&service.status.name.as_str()));
            stack.healthy = stack.services.iter().all(|service| service.health == Health::Healthy);
        }
        if context.json {
            output::json(&stack)?;
        } else {
            show(&stack)?;
        }
        Ok(ExitCode::from(match (stack.pid, stack.healthy) {
            (None, _) => 1,
            (Some(_), true) => 0,
            (Some(_), false) => super::DEGRADED,
        }))
    }
}

/// How the stack on a folder fares, whether or not it runs.
pub(crate) async fn of(folder: &Folder, context: &Context) -> Result<StackStatus> {
    match Client::status_of(folder.run()).await? {
        Some(status) => Ok(status),
        None => Stack::at_rest(folder, &context.config),
    }
}

/// A table of all services by level, and what the whole is about.
pub(crate) fn show(stack: &StackStatus) -> Result<()> {
    let level_of = |number: u8| {
        let name = stack.levels.iter().find(|level| level.number == number).map_or("", |level| level.name.as_str());
        format!("{number} {name}")
    };
    let mut before = None;
    let rows: Vec<_> = stack
        .services
        .iter()
        .map(|service| {
            let status = &service.status;
            let level = if before == Some(service.level) { String::new() } else { level_of(service.level) };
            before = Some(service.level);
            [
                level,
                status.name.clone(),
                state(service),
                status.port.map(|port| port.to_string()).unwrap_or_default(),
                status.memory_bytes.map(output::bytes).unwrap_or_default(),
                if status.restarts > 0 { status.restarts.to_string() } else { String::new() },
                status.uptime_seconds.map(output::duration).unwrap_or_default(),
                status.startup_seconds.map(output::duration).unwrap_or_default(),
                place(service),
            ]
        })
        .collect();
    let header = ["level", "service", "state", "port", "memory", "restarts", "up", "start took", "where, or how"];
    output::table(header, rows)?;
    if let Some(cause) = &stack.cause {
        output::line(cause)?;
    }
    if let Some(pid) = stack.pid {
        let memory = stack.memory_bytes.map(output::bytes).unwrap_or_default();
        output::line(&format!("process {pid}, {memory}; data folder {}", stack.data_dir.display()))?;
    }
    if let Some(start) = &stack.start {
        let path = start.critical_path.join(" → ");
        output::line(&format!("the start waited for {path}: {}", output::duration(start.seconds)))?;
    }
    Ok(())
}

fn state(service: &ServiceStatus) -> String {
    let status = &service.status;
    let word = serde_json::to_value(status.state).ok().and_then(|word| word.as_str().map(str::to_owned));
    let word = word.unwrap_or_default();
    let why = status.cause.as_ref().or(status.doing.as_ref()).filter(|_| service.health != Health::Healthy);
    match why {
        Some(why) => format!("{word}: {why}"),
        None => word,
    }
}

/// Its URL, and what it counts where that is not nothing.
fn place(service: &ServiceStatus) -> String {
    let parts = [service.status.url.clone().unwrap_or_default(), figures(service)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

fn figures(service: &ServiceStatus) -> String {
    let figure = |figure: &strata_stack::Figure| {
        let value = match figure.unit.as_str() {
            "By" => output::bytes(figure.value as u64),
            "s" => output::duration(figure.value),
            "1/s" => format!("{}/s", output::count(figure.value.round() as u64)),
            "By/s" => format!("{}/s", output::bytes(figure.value as u64)),
            _ => output::count(figure.value.round() as u64),
        };
        format!("{} {value}", figure.name)
    };
    service.status.figures.iter().filter(|known| known.value >= 0.001).map(figure).collect::<Vec<_>>().join(", ")
}
