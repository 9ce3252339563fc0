//! How an embedded broker behaves.

use std::collections::BTreeSet;
use std::time::Duration;

/// How an embedded broker behaves. The default is what Strata runs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Partitions of a topic that is created without saying how many; fixed at its creation.
    pub partitions: i32,
    /// Whether a topic that a client asks for by name is created.
    pub auto_create: bool,
    /// Bytes after which a partition's log begins a new segment. Data go in whole segments.
    pub segment_bytes: u64,
    /// Bytes that a partition keeps at least; `None`: as many as come.
    pub retention_bytes: Option<u64>,
    /// How long records are kept at least; `None`: for ever.
    pub retention: Option<Duration>,
    /// How often is looked for what may go.
    pub retention_interval: Duration,
    /// Topics of which nothing goes before its owner has [released](super::Broker::release) it, whatever the retention says.
    /// Nor do clients delete them.
    pub held: BTreeSet<String>,
    /// The host that clients are told to connect to; `None`: the address by which they came.
    pub advertised_host: Option<String>,
    /// Largest record batch, in bytes.
    pub batch_bytes: usize,
    /// Largest request, in bytes.
    pub request_bytes: usize,
    /// Memory for all requests that are being read or written to disk, in bytes.
    pub requests_memory: usize,
    /// Largest answer to a fetch, in bytes; more only for a single batch that is larger.
    pub fetch_bytes: usize,
    /// Memory for all answers to fetches that are on their way, in bytes.
    pub fetches_memory: usize,
    /// Connections at a time; further ones are closed at once.
    pub connections: usize,
    /// How long a connection may take to send the rest of a request, or to take an answer.
    pub stall: Duration,
    /// How long an empty group waits for further members after its first.
    pub first_rebalance_delay: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            partitions: 16,
            auto_create: true,
            segment_bytes: 64 << 20,
            retention_bytes: None,
            retention: None,
            retention_interval: Duration::from_secs(30),
            held: BTreeSet::new(),
            advertised_host: None,
            batch_bytes: 8 << 20,
            request_bytes: 32 << 20,
            requests_memory: 64 << 20,
            fetch_bytes: 8 << 20,
            fetches_memory: 64 << 20,
            connections: 1000,
            stall: Duration::from_secs(30),
            first_rebalance_delay: Duration::ZERO,
        }
    }
}
