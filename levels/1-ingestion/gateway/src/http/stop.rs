//! Why a request ends before its body does.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use axum::{Json, http::HeaderValue};
use strata_http::Refusal;

use crate::Unavailable;
use crate::wire::{Outcome, Stopped};

/// The reason, and when to come again.
#[derive(Clone, Debug)]
pub(super) struct Stop {
    refusal: Refusal,
    retry_after: Option<Duration>,
}

impl Stop {
    /// The body is not what it is said to be.
    pub(super) fn bad_request(error: &'static str, message: String, hint: &str) -> Self {
        Refusal::new(StatusCode::BAD_REQUEST, error, message, hint).into()
    }

    /// It is longer than allowed, packed or unpacked.
    pub(super) fn too_large(limit: u64) -> Self {
        let message = format!("the body is longer than {limit} bytes when it is unpacked");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message, "send less at once").into()
    }

    /// Nothing came for too long.
    pub(super) fn idle(patience: Duration) -> Self {
        let message = format!("nothing came for {} s", patience.as_secs());
        Refusal::new(StatusCode::REQUEST_TIMEOUT, "idle", message, "send again, without long pauses").into()
    }

    /// Others hold all the memory that there is for requests.
    pub(super) fn no_room() -> Self {
        let refusal = Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "busy",
            "too much is in flight: the log is behind",
            "send again after the time in the header `retry-after`; whatever was accepted is recognised",
        );
        Self { refusal, retry_after: Some(Duration::from_secs(1)) }
    }

    /// The deed is done, but could not be recorded.
    pub(super) fn unaudited() -> Self {
        let message = "the audit log cannot be written, so no events are taken";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "audit_unavailable", message, "GET /readyz?verbose says why")
            .into()
    }

    /// As an answer that also says how far it came.
    pub(super) fn with(self, outcome: Outcome) -> Response {
        let Refusal { status, body } = self.refusal;
        let mut response = (status, Json(Stopped { error: body, outcome })).into_response();
        if let Some(after) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        response
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, retry_after: None }
    }
}

impl From<Unavailable> for Stop {
    fn from(unavailable: Unavailable) -> Self {
        match unavailable {
            Unavailable::Behind { retry_after } => Self { retry_after: Some(retry_after), ..Self::no_room() },
            Unavailable::Unreachable(why) => {
                let hint =
                    "send again; whatever was accepted is recognised, and GET /readyz?verbose says what is wrong";
                let message = format!("the log cannot be written: {why}");
                Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "log_unavailable", message, hint).into()
            }
        }
    }
}
