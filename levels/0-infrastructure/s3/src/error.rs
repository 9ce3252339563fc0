//! Why the endpoint does not stand.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What went wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be had.
    #[error("the S3 endpoint cannot listen on {address}: {source}; is something else there?")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// A folder or file of the endpoint cannot be made or read.
    #[error("the S3 endpoint cannot use {}: {source}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of credentials says something else than credentials.
    #[error("{} holds no credentials; move it away, and the next start makes new ones", path.display())]
    NoCredentials {
        /// The path.
        path: PathBuf,
    },
    /// Others can read the credentials.
    #[error("others can read {} (mode {mode:o}): change its secret, and `chmod 600` it", path.display())]
    Exposed {
        /// The path.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}
