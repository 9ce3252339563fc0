//! What is said over the socket, a line each.

use serde::{Deserialize, Serialize};

use crate::StackStatus;

/// A question, or something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How does everything fare?
    Status {},
    /// Raise these and what they need; done when all are healthy.
    Raise {
        /// By name.
        services: Vec<String>,
    },
    /// Fell these and what stands on them; done when all have ended.
    Fell {
        /// By name.
        services: Vec<String>,
    },
    /// Fell everything; then the process ends.
    Leave {},
}

/// A line of the answer; the last is `done` or `failed`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// How everything fares now.
    Status(Box<StackStatus>),
    /// What was asked is done.
    Done {
        /// Who did not end in time, by name.
        late: Vec<String>,
    },
    /// What was asked is not done.
    Failed {
        /// Why.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_these() {
        for (request, line) in [
            (Request::Status {}, r#"{"status":{}}"#),
            (Request::Raise { services: vec!["log".into()] }, r#"{"raise":{"services":["log"]}}"#),
            (Request::Fell { services: vec![] }, r#"{"fell":{"services":[]}}"#),
            (Request::Leave {}, r#"{"leave":{}}"#),
        ] {
            assert_eq!(serde_json::to_string(&request).unwrap(), line);
            assert_eq!(serde_json::from_str::<Request>(line).unwrap(), request);
        }
        assert!(serde_json::from_str::<Request>(r#"{"fell":{"service":["log"]}}"#).is_err());
        assert!(serde_json::from_str::<Request>("\u{0}").is_err());
    }
}
