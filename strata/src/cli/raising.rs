//! How a start goes, told while it goes: a line for each service that stands, and what the others are at.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use indicatif::ProgressBar;
use strata_stack::{Health, ServiceStatus, StackStatus};

use crate::{output, progress};

/// Tells what changes.
#[derive(Debug)]
pub(crate) struct Raising {
    known: BTreeMap<String, (Health, Option<String>)>,
    bar: ProgressBar,
}

impl Raising {
    pub(crate) fn new() -> Self {
        let bar = progress::bar("raising", None);
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Self { known: BTreeMap::new(), bar }
    }

    pub(crate) fn hear(&mut self, stack: &StackStatus) {
        let mut at_work = Vec::new();
        for service in stack.services.iter().filter(|service| service.wanted) {
            let (name, health) = (&service.status.name, service.health);
            if health == Health::Starting {
                at_work.push(service.status.doing.clone().unwrap_or_else(|| name.clone()));
            }
            let news = (health, service.status.cause.clone().filter(|_| health == Health::Unhealthy));
            if self.known.get(name) == Some(&news) {
                continue;
            }
            let knew = self.known.insert(name.clone(), news);
            if health == Health::Healthy || (health == Health::Unhealthy && knew.is_some()) {
                self.say(&line(service));
            }
        }
        self.bar.set_message(format!("raising: {}", at_work.join(", ")));
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, line: &str) {
        if std::io::stderr().is_terminal() { self.bar.println(line) } else { output::note(line) }
    }
}

fn line(service: &ServiceStatus) -> String {
    let status = &service.status;
    let took = status.startup_seconds.map(|seconds| format!("{seconds:.2} s")).unwrap_or_default();
    match service.health {
        Health::Unhealthy => format!("{:12} {}", status.name, status.cause.as_deref().unwrap_or("not healthy")),
        _ => format!("{:12} healthy  {took:>8}  {}", status.name, status.url.as_deref().unwrap_or_default()),
    }
}
