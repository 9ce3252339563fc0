//! How long is waited, and how often is tried.

use std::time::Duration;

/// The patience of a supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Between two questions about the health of a service that is starting.
    pub ask_starting: Duration,
    /// Between two questions about the health of one that stands.
    pub ask_standing: Duration,
    /// How long an answer may take before it counts as ill health.
    pub answer_within: Duration,
    /// How long a service may take to become healthy before it is felled and raised anew.
    pub start_within: Duration,
    /// The wait before the first restart; doubled with each that follows.
    pub first_wait: Duration,
    /// The longest wait before a restart.
    pub longest_wait: Duration,
    /// Health for so long makes the next wait the first again.
    pub forgiven_after: Duration,
    /// What a service is given to finish when it is felled.
    pub grace: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            ask_starting: Duration::from_millis(20),
            ask_standing: Duration::from_secs(2),
            answer_within: Duration::from_secs(5),
            start_within: Duration::from_mins(1),
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(30),
            forgiven_after: Duration::from_mins(1),
            grace: Duration::from_secs(20),
        }
    }
}

impl Policy {
    /// The wait before a restart, after so many restarts in a row.
    pub fn wait(&self, restarts_in_a_row: u32) -> Duration {
        let doubled = 1_u32.checked_shl(restarts_in_a_row).unwrap_or(u32::MAX);
        self.first_wait.saturating_mul(doubled).min(self.longest_wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let policy = Policy::default();
        let waits: Vec<_> = [0, 1, 2, 7, 8, 31, 32, u32::MAX].map(|row| policy.wait(row).as_millis()).into();
        assert_eq!(waits, [200, 400, 800, 25_600, 30_000, 30_000, 30_000, 30_000]);
    }
}
