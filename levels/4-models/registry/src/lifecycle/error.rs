//! Why a store could not be moved, kept or cleared.

use std::path::PathBuf;

/// What went wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A database could not be opened or asked.
    #[error(transparent)]
    Database(#[from] strata_database::Error),
    /// A statement failed.
    #[error("the database failed: {0}")]
    Sql(#[from] strata_database::SqlError),
    /// The registry's own tables could not be read or written.
    #[error(transparent)]
    Registry(#[from] crate::Error),
    /// Artifacts could not be read or written.
    #[error(transparent)]
    Artifacts(#[from] strata_artifacts::Error),
    /// What was done could not be recorded.
    #[error(transparent)]
    Audit(#[from] strata_audit::Error),
    /// A file could not be read or written.
    #[error("{what}: {cause}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        cause: std::io::Error,
    },
    /// The database is not one of MLflow's, or not of a form that is understood.
    #[error("{0}")]
    Form(String),
    /// It is refused, and the text says what to do.
    #[error("{0}")]
    Refused(String),
    /// A file is there already.
    #[error("{} is there already: choose another place", .0.display())]
    There(PathBuf),
}

impl Error {
    /// A file that could not be worked with.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |cause| Self::Io { what, cause }
    }
}
