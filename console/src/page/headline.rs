//! The top of the page: whether all is well in one line, who needs attention, and what runs.

use maud::{Markup, html};
use strata_control::{Health, ServiceStatus, StackStatus};

use super::state::{class, sign};
use crate::words::{bytes, counted};

/// Whether all is well.
#[derive(Debug)]
pub(crate) struct Headline<'a> {
    mood: Health,
    wanted: usize,
    healthy: usize,
    /// Those that cannot do their work.
    ill: Vec<&'a ServiceStatus>,
}

impl<'a> Headline<'a> {
    pub(crate) fn of(status: &'a StackStatus) -> Self {
        let wanted: Vec<_> = status.services.iter().filter(|service| service.wanted).collect();
        let with = |health| wanted.iter().filter(move |service| service.health == health);
        let ill: Vec<_> = with(Health::Unhealthy).copied().collect();
        let mood = match () {
            () if status.pid.is_none() || wanted.is_empty() => Health::Stopped,
            () if status.healthy => Health::Healthy,
            () if !ill.is_empty() => Health::Unhealthy,
            () => Health::Starting,
        };
        Self { mood, healthy: with(Health::Healthy).count(), wanted: wanted.len(), ill }
    }

    /// In a few words, as a tab shows them.
    pub(crate) fn title(&self) -> String {
        match self.mood {
            Health::Healthy => "All is well".to_owned(),
            Health::Unhealthy => format!("{} in trouble", counted(self.ill.len(), "service", "services")),
            Health::Starting => "Not all is up".to_owned(),
            Health::Stopped => "Nothing is running".to_owned(),
        }
    }

    fn sentence(&self) -> String {
        let of_all = format!("{} of {} healthy.", self.healthy, counted(self.wanted, "service is", "services are"));
        match self.mood {
            Health::Healthy if self.wanted == 1 => "The one service that was asked for is healthy.".to_owned(),
            Health::Healthy => format!("All {} services are healthy.", self.wanted),
            Health::Unhealthy | Health::Starting => of_all,
            Health::Stopped => "The command strata up raises the stack.".to_owned(),
        }
    }

    pub(crate) fn markup(&self, status: &StackStatus) -> Markup {
        html! {
            header {
                p.brand { "Strata" }
                div.headline.(class(self.mood)) {
                    (sign(self.mood))
                    h1 { (self.title()) }
                    p.more { (self.sentence()) }
                }
                @if let Some(cause) = &status.cause { p.cause { (cause) } }
                @if !self.ill.is_empty() {
                    ul.ill-ones aria-label="What is wrong" {
                        @for service in &self.ill {
                            li {
                                a href={ "#" (anchor(service)) } { (service.status.name) } " "
                                (service.status.cause.as_deref().unwrap_or("gives no cause"))
                            }
                        }
                    }
                }
                (facts(status))
            }
        }
    }
}

/// Where a service's row is on the page. Names of services are words.
pub(crate) fn anchor(service: &ServiceStatus) -> String {
    let word = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    format!("service-{}", service.status.name.chars().map(word).collect::<String>())
}

fn facts(status: &StackStatus) -> Markup {
    html! {
        dl.facts {
            @if let Some(pid) = status.pid { div { dt { "Process" } dd { (pid) } } }
            @if let Some(memory) = status.memory_bytes {
                div { dt { "Memory" } dd { (bytes(memory as f64)) " for all services" } }
            }
            @if let Some(since) = status.started_at {
                @let since = since.to_string();
                div { dt { "Running since" } dd { time datetime=(since) { (since.split('.').next().unwrap_or_default().trim_end_matches('Z').replace('T', " ")) " UTC" } } }
            }
            div { dt { "Data" } dd { code { (status.data_dir.display()) } } }
        }
    }
}
