//! Why the server could not be built, or ended.

use std::net::{IpAddr, SocketAddr};

/// What can go wrong outside of a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was asked to listen where others can reach it.
    #[error(
        "the feature server must listen on a loopback address such as 127.0.0.1, not {0}: it has neither TLS nor a token \
         yet, so anybody who reaches it reads patients' data; put a proxy that has both in front of it"
    )]
    NotLoopback(IpAddr),
    /// The port could not be taken.
    #[error("cannot listen on {address}: {source}; choose another with `features.port`, 0 takes a free one")]
    Bind {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Accepting connections failed.
    #[error("the feature server failed: {0}")]
    Serve(#[from] std::io::Error),
}
