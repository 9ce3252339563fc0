//! Why serving could not be built, or ended.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// What can go wrong outside of a request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was asked to listen where others can reach it.
    #[error(
        "serving must listen on a loopback address such as 127.0.0.1, not {0}: it has neither TLS nor a token yet, so \
         anybody who reaches it reads patients' data; put a proxy that has both in front of it"
    )]
    NotLoopback(IpAddr),
    /// The port could not be taken.
    #[error("cannot listen on {address}: {source}; choose another with `serving.port`, 0 takes a free one")]
    Bind {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder of the prediction log could not be made.
    #[error("cannot make the folder of the prediction log {path}: {source}", path = path.display())]
    PredictionLog {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The model learned from other definitions of features than this program computes.
    #[error("the model was trained on feature set `{model}`, this program computes `{ours}`: train it again")]
    FeatureSet {
        /// The model's.
        model: String,
        /// This program's.
        ours: String,
    },
    /// The version that the model is said to have is not that of its file.
    #[error("the model is said to be version `{said}` but is `{is}`: load it again")]
    Version {
        /// What the caller says.
        said: String,
        /// What the model's bytes say.
        is: String,
    },
    /// The model itself does not fit.
    #[error(transparent)]
    Model(#[from] strata_model::Error),
    /// Accepting connections failed.
    #[error("serving failed: {0}")]
    Serve(#[from] std::io::Error),
}
