//! Whether a face can do its work, told with the reasons why not.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether requests can be answered now, and why not: 200 or 503.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether every check passed.
    ready: bool,
    /// What stands in the way.
    reasons: Vec<String>,
    /// Each check; only when asked for with `?verbose`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<Check>>,
}

/// One of the things that answers need.
#[derive(Debug, Serialize, ToSchema)]
pub struct Check {
    /// What is checked.
    name: &'static str,
    /// Whether it passed.
    ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl Check {
    /// A check that passed, or why it did not.
    pub fn new(name: &'static str, reason: Option<String>) -> Self {
        Self { name, ok: reason.is_none(), reason }
    }
}

impl Readiness {
    /// What the checks say, as the query of the request asks for it.
    pub fn of(checks: Vec<Check>, query: Option<&str>) -> Self {
        let ready = checks.iter().all(|check| check.ok);
        let reasons = checks.iter().filter_map(|check| check.reason.clone()).collect();
        let verbose = query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("verbose")));
        Self { ready, reasons, checks: verbose.then_some(checks) }
    }
}

impl IntoResponse for Readiness {
    fn into_response(self) -> Response {
        let status = if self.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(self)).into_response()
    }
}
