//! A broker within this process, on Kafka's wire protocol, over files.
//!
//! One process, one copy, no transactions. What a producer with `acks=all` was told is written is on the disk; what a
//! consumer sees is too. Record batches stay as they came: the broker neither opens nor compresses them.

mod settings;
pub use settings::Settings;

mod broker;
pub use broker::Broker;

mod error;
pub use error::{Error, TopicError, Unhealthy};

mod stats;
pub use stats::{PartitionStats, Stats};

mod topic;
pub use topic::{InvalidConfig, TopicConfig};

mod server;
mod wire;

#[doc(hidden)]
pub mod fuzzing;

mod groups;
mod offsets;

mod flusher;
mod partition;
mod store;
pub use store::log::OpenError;

/// What the folder of a topic that is being deleted begins with; no topic's name does.
const DELETED: &str = ".deleted-";
