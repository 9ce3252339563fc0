//! A client of any Kafka, the embedded one included: there is one code path.
//!
//! It is librdkafka. What is set here and why: acknowledged means on the disk of all replicas (`acks=all`), sent again does
//! not mean written twice (`enable.idempotence`), a key goes to the partition to which Java's client sends it
//! (`murmur2_random`), memory has a bound on both sides, and offsets are committed only by name.

mod options;
pub use options::{Options, Sasl, SaslMechanism, Security, Tls};

mod properties;

mod producer;
pub use producer::{Delivery, Producer, ProducerSettings, Tally, Written};

mod consumer;
pub use consumer::{Consumer, ConsumerSettings, Owner, Record, Start};

mod admin;
pub use admin::{Admin, NewTopic, Watermarks};

mod error;
pub use error::Error;

mod context;
mod flow;
mod latency;
