//! What the server can be told.

use std::net::IpAddr;

use crate::MaxAges;

/// Where it listens, and how old a feature may be.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to listen on; a loopback address, as long as there is neither TLS nor a token.
    pub host: IpAddr,
    /// The port to listen on; 0 takes a free one.
    pub port: u16,
    /// How old what a feature is made of may be.
    pub max_ages: MaxAges,
}
