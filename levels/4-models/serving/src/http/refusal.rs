//! How a request is refused: one form, whatever was wrong.

use axum::Json;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::wire::ErrorBody;

/// A request that was refused or failed, with the reason.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) message: String,
    pub(super) hint: String,
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        error: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { status, error, message: message.into(), hint: hint.into() }
    }

    /// There is nothing to answer with (faults 39, 46): an error, and the process lives on.
    pub(super) fn no_model() -> Self {
        let hint = "train one with `strata train`, then start serving again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "no_model", "no model is loaded", hint)
    }

    /// Something broke in here.
    pub(super) fn internal() -> Self {
        let hint = "try again; the log of serving says more under this answer's x-request-id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the request failed inside serving", hint)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { status, error, message, hint } = self;
        (status, Json(ErrorBody { error, message, hint })).into_response()
    }
}

/// For a path that is none.
pub(super) async fn not_found() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path", "GET / lists what there is")
}

/// For a path that does not know the method; what it knows is in `Allow`.
pub(super) async fn method_not_allowed(uri: Uri) -> Refusal {
    let message = format!("{} does not know this method", uri.path());
    let hint = "the header `Allow` names those it knows";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message, hint)
}
