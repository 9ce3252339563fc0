//! What goes wrong, as MLflow's client is told of it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A request that was refused, or failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request is wrong. Sent again, it is wrong again.
    #[error("{0}")]
    Invalid(String),
    /// It is about something that is not there.
    #[error("{0}")]
    DoesNotExist(String),
    /// It makes something that is there.
    #[error("{0}")]
    AlreadyExists(String),
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something else failed in here.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(message.into())
    }

    pub(crate) fn does_not_exist(message: impl Into<String>) -> Self {
        Self::DoesNotExist(message.into())
    }

    pub(crate) fn already_exists(message: impl Into<String>) -> Self {
        Self::AlreadyExists(message.into())
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::Internal(message.into())
    }

    /// A parameter that must be there is not.
    pub(crate) fn missing(parameter: &str) -> Self {
        Self::Invalid(format!("Missing value for required parameter '{parameter}'. {SEE}"))
    }
}

/// The end of what is said of a parameter.
pub(crate) const SEE: &str = "See the API docs for more information about request parameters.";

impl From<strata_database::Error> for Error {
    fn from(cause: strata_database::Error) -> Self {
        Self::Database(cause.into())
    }
}

impl From<strata_database::SqlError> for Error {
    fn from(cause: strata_database::SqlError) -> Self {
        Self::Database(cause.into())
    }
}

impl From<strata_clause::Malformed> for Error {
    fn from(cause: strata_clause::Malformed) -> Self {
        Self::Invalid(cause.to_string())
    }
}

impl IntoResponse for Error {
    /// MLflow's form. Its client tries what it is told by a 5xx again for minutes: so that is for what may pass.
    fn into_response(self) -> Response {
        let (status, code, class, state) = match &self {
            Self::Invalid(_) => {
                (StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", "INVALID_PARAMETER_VALUE", "KAM00")
            }
            Self::DoesNotExist(_) => (StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST", "RESOURCE_NOT_FOUND", "KAM00"),
            Self::AlreadyExists(_) => {
                (StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS", "RESOURCE_ALREADY_EXISTS", "KAM00")
            }
            Self::Database(_) | Self::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "CLIENT_INTERNAL_ERROR", "XXM00")
            }
        };
        if status.is_server_error() {
            tracing::error!(error = &self as &dyn std::error::Error, "a request failed");
        }
        let body = json!({ "error_code": code, "message": self.to_string(), "sqlstate": state, "error_class": class });
        (status, axum::Json(body)).into_response()
    }
}
