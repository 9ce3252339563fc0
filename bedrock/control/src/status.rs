//! How a stack fares: what `strata status --json` prints, and what pages show.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use strata_services::{State, Status};
use strata_types::Timestamp;

/// A stack as it is now. Others script against it: fields come, and do not go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StackStatus {
    /// Of Strata.
    pub version: String,
    /// The process that runs it; `None` if none does.
    pub pid: Option<u32>,
    /// Where its data lie.
    pub data_dir: PathBuf,
    /// Since when it has been running.
    pub started_at: Option<Timestamp>,
    /// Memory of the process that runs it, in bytes. Its services share it.
    pub memory_bytes: Option<u64>,
    /// Whether every service that was asked for is healthy.
    pub healthy: bool,
    /// What a person should know first, if something is wrong with the whole.
    pub cause: Option<String>,
    /// The levels, from the ground up.
    pub levels: Vec<LevelName>,
    /// Every service, each after all that it needs.
    pub services: Vec<ServiceStatus>,
    /// What the last start waited for; `None` before all have been healthy once.
    pub start: Option<Start>,
}

/// A level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelName {
    /// From 0, the ground.
    pub number: u8,
    /// Its name, as the command line takes it.
    pub name: String,
    /// What it is for.
    pub purpose: String,
}

/// A service, with its level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceStatus {
    /// Name, state, cause, port, URL, restarts, times and figures.
    #[serde(flatten)]
    pub status: Status,
    /// Its level.
    pub level: u8,
    /// Its state in one of four words.
    pub health: Health,
    /// Whether it was asked for, by itself or by what stands on it.
    pub wanted: bool,
}

/// A state in one of four words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It did some of its work when it was last asked; or it is a step that is done.
    Healthy,
    /// It cannot do its work; its cause says why.
    Unhealthy,
    /// It has not done any work yet.
    Starting,
    /// It does not run.
    Stopped,
}

/// The chain of services that a start took its time for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// From the ground up.
    pub critical_path: Vec<String>,
    /// How long they took after each other.
    pub seconds: f64,
}

impl From<State> for Health {
    fn from(state: State) -> Self {
        match state {
            State::Healthy | State::Done => Self::Healthy,
            State::Unhealthy | State::Failed => Self::Unhealthy,
            State::Waiting | State::Starting => Self::Starting,
            State::Stopped | State::Stopping => Self::Stopped,
        }
    }
}

impl ServiceStatus {
    /// A service of this level.
    pub fn new(status: Status, level: u8, wanted: bool) -> Self {
        Self { health: status.state.into(), status, level, wanted }
    }
}

impl StackStatus {
    /// Whether all services that were asked for are healthy; false if none was.
    pub fn all_healthy(services: &[ServiceStatus]) -> bool {
        let mut wanted = services.iter().filter(|service| service.wanted).peekable();
        wanted.peek().is_some() && wanted.all(|service| service.health == Health::Healthy)
    }
}
