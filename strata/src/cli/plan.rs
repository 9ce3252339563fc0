//! `strata plan`: what would be raised, in which order, and what the start would wait for.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use serde_json::json;
use strata_stack::{Folder, Place, Stack};

use super::Context;
use super::chosen::Chosen;
use crate::output;

/// Shows what would be raised, in which order, on which ports, and how long the last start took
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  strata plan\n  strata plan --level 2\n  strata plan --profile serve --json")]
pub(crate) struct Plan {
    #[command(flatten)]
    chosen: Chosen,
}

impl Plan {
    pub(crate) fn run(self, context: &Context) -> Result<ExitCode> {
        let chart = Stack::chart(&context.config)?;
        let chosen = chart.choose(&self.chosen.choice())?;
        let took = Folder::open(&context.config.data_dir)?.run().recall().unwrap_or_default().startup_seconds;
        let path = Stack::critical_path(&chart, &chosen, &took);
        let members: Vec<_> = chart.members().into_iter().filter(|member| chosen.contains(&member.name)).collect();
        if context.json {
            let depths = chart.graph().depths();
            let services: Vec<_> = members
                .iter()
                .map(|member| {
                    json!({
                        "name": member.name, "level": member.level, "purpose": member.purpose, "wave": depths[member.name],
                        "needs": member.needs.iter().filter(|need| chosen.contains(need)).collect::<Vec<_>>(),
                        "port": port(&member.place), "place": place(&member.place),
                        "startup_seconds": took.get(member.name),
                    })
                })
                .collect();
            output::json(&json!({"services": services, "critical_path": path.critical_path, "seconds": path.seconds}))?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut before = None;
        let rows: Vec<_> = members
            .iter()
            .map(|member| {
                let name =
                    chart.levels().iter().find(|level| level.number == member.level).map_or("", |level| level.name);
                let again = before.replace(member.level) == Some(member.level);
                let level = if again { String::new() } else { format!("{} {name}", member.level) };
                let needs: Vec<_> = member.needs.iter().copied().filter(|need| chosen.contains(need)).collect();
                let place = match port(&member.place) {
                    Some(0) => "a free port".to_owned(),
                    Some(port) => format!("port {port}"),
                    None => place(&member.place).to_owned(),
                };
                let took = took.get(member.name).copied().map(output::duration).unwrap_or_default();
                [level, member.name.to_owned(), needs.join(", "), place, took, member.purpose.to_owned()]
            })
            .collect();
        output::table(["level", "service", "after", "where", "last took", "what it does"], rows)?;
        if path.critical_path.is_empty() {
            output::line("nothing has been raised on this folder yet: how long a start takes is not known")?;
        } else {
            let (path, seconds) = (path.critical_path.join(" → "), output::duration(path.seconds));
            output::line(&format!("a start waits for {path}: {seconds}, as the last one did"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn port(place: &Place) -> Option<u16> {
    if let Place::Server { port, .. } = place { Some(*port) } else { None }
}

fn place(place: &Place) -> &'static str {
    match place {
        Place::Server { .. } => "server",
        Place::Inside => "inside",
        Place::Step => "once",
        Place::Elsewhere => "elsewhere",
    }
}
