//! Why a value could not be read or written.

use crate::MAX_KEY;

/// What went wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store cannot be opened.
    #[error("cannot open the key-value store {location}: {cause}{hint}")]
    Open {
        /// The folder or server.
        location: String,
        /// What to do about it, if that is known.
        hint: &'static str,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The URL names no kind of store.
    #[error("`{scheme}` is no key-value store; give file:///FOLDER, redis://HOST:PORT/NUMBER or redis+unix:///SOCKET")]
    Scheme {
        /// What stands before the colon; the rest may hold a password and is not shown.
        scheme: String,
    },
    /// A key that cannot be one.
    #[error("a key has 1 to {MAX_KEY} bytes, not {length}")]
    Key {
        /// Its length, in bytes.
        length: usize,
    },
    /// What is stored under a key was not written by Strata.
    #[error(
        "a value in the key-value store {location} was not written by Strata: {key}; give Strata a store of its own"
    )]
    Foreign {
        /// The folder or server.
        location: String,
        /// The key, escaped.
        key: String,
    },
    /// The store did not do what was asked. Asking again is safe.
    #[error("cannot {action} in the key-value store {location}: {cause}")]
    Failed {
        /// What was asked.
        action: &'static str,
        /// The folder or server.
        location: String,
        /// Why not.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}
