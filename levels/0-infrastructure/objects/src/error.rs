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

impl Error {
    /// Whether the same may go well later: a network that was cut, a server that is busy, a disk that is full. What is
    /// forbidden, impossible or not there does not pass by itself.
    pub fn may_pass(&self) -> bool {
        use object_store::Error as Store;
        !matches!(
            self.cause.downcast_ref(),
            Some(
                Store::NotFound { .. }
                    | Store::InvalidPath { .. }
                    | Store::NotSupported { .. }
                    | Store::NotImplemented { .. }
                    | Store::PermissionDenied { .. }
                    | Store::Unauthenticated { .. }
                    | Store::UnknownConfigurationKey { .. }
            )
        )
    }
}
