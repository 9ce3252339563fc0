//! What can be wrong with a configuration, told so that it can be put right.

use std::io;
use std::path::PathBuf;

use crate::Origin;

/// Why a configuration was refused. Nothing runs with a part of one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A key that means nothing.
    #[error("unknown key `{key}` ({origin}){}", hint(nearest.as_deref()))]
    UnknownKey {
        /// The dotted key.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// The known key that is most like it.
        nearest: Option<String>,
    },
    /// A value of the wrong type.
    #[error("`{key}` must be {expected}, not {found} ({origin})")]
    WrongType {
        /// The dotted key.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// What belongs there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A value of the right type that cannot be.
    #[error("`{key}` must be {expected}, not {found} ({origin})")]
    OutOfRange {
        /// The dotted key.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// What may stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// An address that would let others in.
    #[error(
        "`serving.host` must be a loopback address such as 127.0.0.1, not {host} ({origin}): serving has neither TLS \
         nor tokens yet, so whoever can reach it could read predictions about patients"
    )]
    NotLoopback {
        /// The address.
        host: String,
        /// Where it stands.
        origin: Origin,
    },
    /// A file that is not TOML.
    #[error("{} is not valid TOML: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// A file that cannot be read.
    #[error("cannot read the configuration file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The schema let something pass that the types refuse: a mistake in Strata, not in the configuration.
    #[error("the configuration does not fit its types: {0}")]
    Inconsistent(#[from] toml::de::Error),
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; `strata config show` lists all keys".to_owned(),
        |nearest| format!("; did you mean `{nearest}`?"),
    )
}
