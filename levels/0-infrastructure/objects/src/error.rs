//! Why an object could not be put, listed or read.

/// What was to be done, where, and why it was not.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{name}` in {root}: {cause}")]
pub struct Error {
    pub(crate) action: &'static str,
    pub(crate) name: String,
    pub(crate) root: String,
    #[source]
    pub(crate) cause: Cause,
}

/// What went wrong below.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;
