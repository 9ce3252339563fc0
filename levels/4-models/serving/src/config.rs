//! What serving can be told.

use std::net::IpAddr;
use std::path::PathBuf;

/// Where serving listens and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The address to listen on; a loopback address, as long as there is neither TLS nor a token.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// Features named as the reasons of a prediction, at most.
    pub top_factors: usize,
    /// The folder in which predictions are remembered, one file a day; only the owner can read the files.
    pub prediction_log: PathBuf,
}
