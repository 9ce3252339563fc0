//! How a request is refused: one form, whatever was wrong.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was refused, or failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// A stable code, for programs.
    #[schema(example = "unknown_patient")]
    pub error: &'static str,
    /// What was wrong and where. Of what was sent it repeats the patient's id at most.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// A request that was refused or failed, with the reason.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The status of the answer.
    pub status: StatusCode,
    /// Its body.
    pub body: ErrorBody,
}

impl Refusal {
    /// A refusal in the one form.
    pub fn new(status: StatusCode, error: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, body: ErrorBody { error, message: message.into(), hint: hint.into() } }
    }

    /// Something broke in here.
    pub fn internal() -> Self {
        let hint = "try again; the log of this server says more under this answer's x-request-id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the request failed inside the server", hint)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// For a path that is none.
pub async fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path", "GET / lists what there is")
}

/// For a path that does not know the method; what it knows is in `Allow`.
pub async fn method_not_allowed(uri: Uri) -> Refusal {
    let message = format!("{} does not know this method", uri.path());
    let hint = "the header `Allow` names those it knows";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message, hint)
}
