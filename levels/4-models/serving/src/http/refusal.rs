//! What serving alone refuses.

use axum::http::StatusCode;
use strata_http::Refusal;

/// There is nothing to answer with (faults 39, 46): an error, and the process lives on.
pub(super) fn no_model() -> Refusal {
    let hint = "train one with `strata train`, then start serving again";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "no_model", "no model is loaded", hint)
}
