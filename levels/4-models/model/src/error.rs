//! What can be wrong with a model or with its file.

use std::path::PathBuf;

/// Why a model could not be used, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not an ONNX file at all: damaged, cut short, or something else.
    #[error("not an onnx file ({0}); fetch the model again, the copy is damaged or is something else")]
    NotOnnx(#[from] prost::DecodeError),
    /// An ONNX file that Strata did not write, or that was changed since.
    #[error("not a strata model: {0}; only an unchanged file that strata wrote can be served")]
    Foreign(String),
    /// The parts of the model do not fit together.
    #[error("model does not fit together: {0}; train it again")]
    Misfit(String),
    /// The caller's columns are not the model's.
    #[error("columns are not those of the model: {0}; send the model's features by name")]
    Columns(String),
    /// A file or folder could not be read or written.
    #[error("cannot {verb} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A key, tag or name that `MLflow` would not accept.
    #[error("{what} {name:?} is not allowed; use letters, digits, `_`, `-`, `.`, space, `:` and `/`, and no `..`")]
    Name {
        /// Which kind of name.
        what: &'static str,
        /// The name.
        name: String,
    },
}
