//! What librdkafka says, in our log.

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

/// A line of librdkafka's own log.
pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::warn!(target: "librdkafka", facility, "{message}");
        }
        RDKafkaLogLevel::Warning | RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
            tracing::info!(target: "librdkafka", facility, "{message}");
        }
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
    }
}

/// Something that librdkafka deals with by itself, such as a broker that is away.
pub(super) fn trouble(error: &KafkaError, reason: &str) {
    tracing::info!(target: "librdkafka", %error, "{reason}");
}
