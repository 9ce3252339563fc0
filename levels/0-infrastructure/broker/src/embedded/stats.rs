//! A broker in numbers.

use std::sync::atomic::AtomicU64;

/// What is in the log and what goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Each partition of each topic.
    pub partitions: Vec<PartitionStats>,
    /// Connections that are open.
    pub connections: usize,
    /// Groups with members.
    pub groups: usize,
    /// Records taken since the broker was opened, those sent twice counted once.
    pub records_in: u64,
    /// Bytes of record batches taken since the broker was opened.
    pub bytes_in: u64,
    /// Bytes of record batches given out since the broker was opened.
    pub bytes_out: u64,
    /// Requests since the broker was opened.
    pub requests: u64,
    /// Batches refused since the broker was opened.
    pub refused: u64,
}

/// A partition in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionStats {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The first offset that is there.
    pub start: i64,
    /// The offset after the last durable record.
    pub end: i64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// What has gone through since the broker was opened.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) records_in: AtomicU64,
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) refused: AtomicU64,
}
