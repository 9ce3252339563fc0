//! Why the gateway could not be built, or ended.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// What can go wrong outside of a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was asked to listen where others can reach it, without asking who they are.
    #[error(
        "the gateway must not listen on {0} without tokens, because anybody who reaches it could write events: name a \
         file of tokens, or listen on a loopback address such as 127.0.0.1"
    )]
    Open(IpAddr),
    /// The port could not be taken.
    #[error("cannot listen on {address}: {source}; choose another port, 0 takes a free one")]
    Bind {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of secrets could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The key of pseudonyms is not kept as a key must be.
    #[error("the key of pseudonyms {path} {wrong}", path = path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        wrong: &'static str,
    },
    /// The file of tokens is none.
    #[error("{path}:{line}: {wrong}; a line is `name scopes sha256`, such as `icu-monitors write 9f86d081...`", path = path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// Which line, from 1; 0 for the whole file.
        line: usize,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// Accepting connections failed.
    #[error("the gateway failed: {0}")]
    Serve(#[from] std::io::Error),
}
