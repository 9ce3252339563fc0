//! How a service fares, for people and machines.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Figure;

/// Where a service is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not raised.
    Stopped,
    /// Wanted; what it needs is not healthy yet.
    Waiting,
    /// Raised, and not healthy yet.
    Starting,
    /// It did some of its work when it was last asked.
    Healthy,
    /// It runs, and could not do its work when it was last asked.
    Unhealthy,
    /// A step that has done its work.
    Done,
    /// It fell by itself; it will be raised again after a while.
    Failed,
    /// Being felled: it finishes what it had taken on.
    Stopping,
}

impl State {
    /// Whether what stands on it may be raised.
    pub fn carries(self) -> bool {
        matches!(self, Self::Healthy | Self::Done)
    }

    /// Whether it takes part in the stack now.
    pub fn is_wanted(self) -> bool {
        !matches!(self, Self::Stopped | Self::Stopping)
    }
}

/// One service, as it is now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub state: State,
    /// Why it is not healthy: the last error, until it is healthy again.
    pub cause: Option<String>,
    /// Where it listens.
    pub port: Option<u16>,
    /// Where to find it.
    pub url: Option<String>,
    /// Bytes that it holds for its work, if it counts them.
    pub memory_bytes: Option<u64>,
    /// How often it was raised again after falling.
    pub restarts: u32,
    /// Since it was raised, in seconds; none while it does not run.
    pub uptime_seconds: Option<f64>,
    /// From the health of all that it needs to its own, in seconds, at its last start.
    pub startup_seconds: Option<f64>,
    /// What it is doing now, where that takes long enough to be told.
    pub doing: Option<String>,
    /// Its rates, lags and sizes.
    pub figures: Vec<Figure>,
}

impl Status {
    /// One that is not raised.
    pub fn stopped(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: State::Stopped,
            cause: None,
            port: None,
            url: None,
            memory_bytes: None,
            restarts: 0,
            uptime_seconds: None,
            startup_seconds: None,
            doing: None,
            figures: Vec::new(),
        }
    }

    /// The time of its last start.
    pub fn startup(&self) -> Option<Duration> {
        self.startup_seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }
}
