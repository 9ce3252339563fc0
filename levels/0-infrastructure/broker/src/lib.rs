//! An append-only event log that speaks Kafka.
//!
//! [`embedded`] is a broker within this process, over files, that any client of Kafka can use; [`client`] writes to and reads
//! from any Kafka, that one or another. What stands above uses the client alone, so that where the log is makes no
//! difference but an address.

pub mod client;
pub mod embedded;
