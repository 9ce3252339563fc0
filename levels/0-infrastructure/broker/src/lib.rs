//! An append-only event log that speaks Kafka.
pub mod embedded;
