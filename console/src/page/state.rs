//! A service's state: a sign, a word, and a colour that repeats them.

use maud::{Markup, html};
use strata_control::{Health, ServiceStatus};
use strata_services::State;

/// The class that colours it.
pub(crate) fn class(health: Health) -> &'static str {
    match health {
        Health::Healthy => "well",
        Health::Unhealthy => "ill",
        Health::Starting => "starting",
        Health::Stopped => "stopped",
    }
}

/// A sign for those who do not see colours; readers of the screen have the word.
pub(crate) fn sign(health: Health) -> Markup {
    let sign = match health {
        Health::Healthy => "✓",
        Health::Unhealthy => "✕",
        Health::Starting => "…",
        Health::Stopped => "–",
    };
    html! { span.sign aria-hidden="true" { (sign) } }
}

/// Sign and word.
pub(crate) fn pill(service: &ServiceStatus) -> Markup {
    html! { span.pill.(class(service.health)) { (sign(service.health)) (word(service.status.state)) } }
}

/// What the word does not say by itself.
pub(crate) fn meaning(service: &ServiceStatus) -> Option<&'static str> {
    match service.status.state {
        State::Waiting => Some("for what it needs to be healthy"),
        State::Failed => Some("it will be raised again"),
        State::Stopped if !service.wanted => Some("not asked for"),
        _ => None,
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Stopped => "Stopped",
        State::Waiting => "Waiting",
        State::Starting => "Starting",
        State::Healthy => "Healthy",
        State::Unhealthy => "Unhealthy",
        State::Done => "Done",
        State::Failed => "Failed",
        State::Stopping => "Stopping",
    }
}
