//! How a member's end is told.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// A member of a scope that ended in a way it should not have.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{scope}/{task} {cause}")]
pub struct Failure {
    /// The scope's path.
    pub scope: String,
    /// The member's name.
    pub task: String,
    /// How it ended.
    pub cause: Cause,
}

/// How a member ended.
#[derive(Clone, Debug)]
pub enum Cause {
    /// A service returned though nobody had asked it to stop.
    Returned,
    /// It gave an error.
    Error(Arc<dyn Error + Send + Sync>),
    /// It panicked with this message.
    Panic(String),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned => f.write_str("returned before it was asked to stop"),
            Self::Error(error) => {
                write!(f, "failed: {error}")?;
                let mut source = error.source();
                while let Some(cause) = source {
                    write!(f, ": {cause}")?;
                    source = cause.source();
                }
                Ok(())
            }
            Self::Panic(message) => write!(f, "panicked: {message}"),
        }
    }
}

/// Members that had not ended when the time was up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("still running after the time to stop: {}", names.join(", "))]
pub struct StillRunning {
    /// Their paths, in the order in which they should have ended.
    pub names: Vec<String>,
}

/// The message of a panic: `panic!` carries a `&str` or a `String`, anything else has no words.
pub(super) fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message").to_owned()
}
