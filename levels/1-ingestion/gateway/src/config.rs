//! What the gateway can be told.

use std::net::IpAddr;
use std::path::PathBuf;

/// Where the gateway listens, to whom, and how much it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address to listen on; beyond the loopback only with [`tokens`](Self::tokens).
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// The file of API tokens, a line each: `name scopes sha256`. Without it, whoever is on this machine may write.
    pub tokens: Option<PathBuf>,
    /// The file that holds the key of pseudonyms: at least 32 bytes, readable by its owner only, outside the data
    /// folder. Without it, senders send pseudonyms.
    pub pseudonym_key: Option<PathBuf>,
    /// The data folder, in which the key must not lie.
    pub data_folder: PathBuf,
    /// The longest record, in bytes.
    pub max_record_bytes: usize,
    /// The longest body, in bytes, after unpacking.
    pub max_body_bytes: u64,
    /// What all requests together may hold in memory, in bytes; whoever comes when it is taken is told to come again.
    pub in_flight_bytes: usize,
}

impl Config {
    /// A gateway on this machine alone, with limits that suit a small machine.
    pub fn on_loopback(port: u16, data_folder: PathBuf) -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port,
            tokens: None,
            pseudonym_key: None,
            data_folder,
            max_record_bytes: 256 * 1024,
            max_body_bytes: 1024 * 1024 * 1024,
            in_flight_bytes: 64 * 1024 * 1024,
        }
    }
}
