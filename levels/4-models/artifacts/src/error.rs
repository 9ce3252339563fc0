//! Why an artifact was not put, found or listed, in MLflow's words.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::path::InvalidPath;

/// Why not. What it says is what clients of MLflow are told, and some of it is what they look for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It leads out of the store, or cannot be a path.
    #[error(transparent)]
    Path(#[from] InvalidPath),
    /// There is nothing there.
    #[error("No such artifact: '{0}'")]
    Absent(String),
    /// A folder is no artifact.
    #[error("Artifact path refers to a directory, not a file: '{0}'")]
    Folder(String),
    /// A file is in a folder's place, or a folder in a file's.
    #[error("Artifact path '{0}' runs into an artifact that is not a folder, or is one")]
    Clash(String),
    /// The request lacks something, or has it in another form.
    #[error("{0}")]
    Request(String),
    /// Only S3 can do it.
    #[error("{0} is not supported for the current artifact repository")]
    OnlyS3(&'static str),
    /// What was sent ended before its end.
    #[error("The upload of '{0}' was cut off")]
    CutOff(String),
    /// The store's key does not open it.
    #[error("The artifact store refuses: {0}")]
    Forbidden(String),
    /// The store fails, and may not fail again.
    #[error("The artifact store cannot be reached now: {0}")]
    Busy(String),
    /// The disk fails.
    #[error("The artifact store fails: {0}")]
    Disk(#[from] std::io::Error),
}

impl Error {
    /// MLflow's code, and the status that goes with it.
    pub fn code(&self) -> (&'static str, StatusCode) {
        match self {
            Self::Path(_) | Self::Folder(_) | Self::Clash(_) | Self::Request(_) => {
                ("INVALID_PARAMETER_VALUE", StatusCode::BAD_REQUEST)
            }
            Self::CutOff(_) => ("BAD_REQUEST", StatusCode::BAD_REQUEST),
            Self::Absent(_) => ("RESOURCE_DOES_NOT_EXIST", StatusCode::NOT_FOUND),
            Self::OnlyS3(_) => ("NOT_IMPLEMENTED", StatusCode::NOT_IMPLEMENTED),
            Self::Forbidden(_) => ("PERMISSION_DENIED", StatusCode::FORBIDDEN),
            Self::Busy(_) => ("TEMPORARILY_UNAVAILABLE", StatusCode::SERVICE_UNAVAILABLE),
            Self::Disk(_) => ("INTERNAL_ERROR", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// What S3 said of a path, in these words.
    pub(crate) fn of_s3(path: &str, error: &object_store::Error) -> Self {
        use object_store::Error as Store;
        match error {
            Store::NotFound { .. } => Self::Absent(path.to_owned()),
            Store::InvalidPath { .. } => Self::Path(InvalidPath),
            Store::PermissionDenied { .. } | Store::Unauthenticated { .. } => Self::Forbidden(error.to_string()),
            _ => Self::Busy(error.to_string()),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (code, status) = self.code();
        if status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED {
            tracing::warn!(error = %self, "the artifact store fails");
        }
        let body = serde_json::json!({"error_code": code, "message": self.to_string()});
        (status, axum::Json(body)).into_response()
    }
}
