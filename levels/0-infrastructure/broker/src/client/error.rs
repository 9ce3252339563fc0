//! What can go wrong with a log that may be far away.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// What went wrong, by what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The options do not make a client.
    #[error("the log's client cannot be made: {0}; look at its options")]
    Options(String),
    /// A record is larger than is taken.
    #[error("a record for `{topic}` is larger than the log takes")]
    TooLarge {
        /// Where it was to go.
        topic: String,
    },
    /// A record was not acknowledged in time; it may be in the log all the same.
    #[error("the log has not acknowledged a record for `{topic}` in time; it may be in the log or not: send it again")]
    TimedOut {
        /// Where it was to go.
        topic: String,
    },
    /// The log says no to a record.
    #[error("the log refuses a record for `{topic}`: {cause}")]
    Refused {
        /// Where it was to go.
        topic: String,
        /// What the log or the client says.
        cause: String,
    },
    /// The client cannot go on.
    #[error("the log's client has stopped: {0}; make a new one")]
    Fatal(String),
    /// The offset that was to be read is not in the log.
    #[error(
        "the log no longer has, or never had, the offset at which `{0}` was to be read: records have been deleted before they \
         were read, or it is another log"
    )]
    OffsetGone(String),
    /// A request about topics, offsets or groups failed.
    #[error("{what}: {cause}")]
    Request {
        /// What was wanted.
        what: String,
        /// What the log or the client says.
        cause: String,
    },
}

impl Error {
    pub(super) fn options(error: &KafkaError) -> Self {
        Self::Options(error.to_string())
    }

    pub(super) fn request(what: impl Into<String>, error: &impl ToString) -> Self {
        Self::Request { what: what.into(), cause: error.to_string() }
    }

    /// Of a record that was not delivered.
    pub(super) fn undelivered(topic: &str, error: &KafkaError) -> Self {
        let topic = topic.to_owned();
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::MessageSizeTooLarge | RDKafkaErrorCode::InvalidMessageSize) => {
                Self::TooLarge { topic }
            }
            Some(RDKafkaErrorCode::MessageTimedOut | RDKafkaErrorCode::RequestTimedOut) => Self::TimedOut { topic },
            Some(RDKafkaErrorCode::Fatal | RDKafkaErrorCode::OutOfOrderSequenceNumber) => {
                Self::Fatal(error.to_string())
            }
            _ => Self::Refused { topic, cause: error.to_string() },
        }
    }
}
