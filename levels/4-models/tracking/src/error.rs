//! What goes wrong between Strata and a server of MLflow's API.

use std::path::PathBuf;

/// Why something was not kept, or not found out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL of a server is none.
    #[error("`{0}` is no server of MLflow's API: write http://HOST:PORT or https://HOST")]
    Url(String),
    /// A URL with a password in it would be seen by everybody.
    #[error(
        "the URL of the MLflow server carries a password: put it into MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    )]
    PasswordInUrl,
    /// There is no answer.
    #[error("the MLflow server {server} does not answer")]
    Unreachable {
        /// Where it should be.
        server: String,
        /// What the system said.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The answer is no.
    #[error("the MLflow server {server} refuses with {status}: {message}{hint}")]
    Refused {
        /// Which server.
        server: String,
        /// The HTTP status.
        status: u16,
        /// MLflow's code, empty where there is none.
        code: String,
        /// What it said.
        message: String,
        /// What to do.
        hint: &'static str,
    },
    /// The answer is not one of MLflow's.
    #[error("the MLflow server {server} gave no {what} where it should")]
    Foreign {
        /// Which server.
        server: String,
        /// What is missing.
        what: &'static str,
    },
    /// Artifacts lie where only clients with keys of their own get them.
    #[error(
        "the artifacts of this run or version lie at `{0}`, which the MLflow server does not proxy: start it with \
         --artifacts-destination, and take an experiment that was made since"
    )]
    NotProxied(String),
    /// A file is larger than anything that is expected here.
    #[error("`{file}` has more than {most} bytes")]
    TooLarge {
        /// The file.
        file: String,
        /// The most that it may have.
        most: u64,
    },
    /// A file here cannot be read or written.
    #[error("cannot {verb} `{}`", path.display())]
    Disk {
        /// What was tried.
        verb: &'static str,
        /// On which.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

impl Error {
    pub(crate) fn disk(verb: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Disk { verb, path, cause }
    }

    /// Whether something that was to be made is there already.
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "RESOURCE_ALREADY_EXISTS")
    }

    /// Whether something that was asked for is not there. MLflow has a code of its own for that, but not for aliases.
    pub(crate) fn is_missing(&self) -> bool {
        let Self::Refused { code, message, .. } = self else { return false };
        code == "RESOURCE_DOES_NOT_EXIST" || (code == "INVALID_PARAMETER_VALUE" && message.ends_with("not found."))
    }
}
