//! What the server tells about itself.

use std::sync::{Arc, LazyLock};

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use strata_http::Refusal;

use super::Shared;
use crate::metrics::OPEN_METRICS;
use crate::openapi as description;

static DESCRIPTION: LazyLock<String> = LazyLock::new(description::openapi);
static PAGE: LazyLock<String> = LazyLock::new(description::index);

/// Lists the endpoints.
#[utoipa::path(
    get,
    path = "/",
    tag = "about",
    responses((status = 200, description = "The endpoints, one a line", body = String)),
)]
pub(crate) async fn index() -> &'static str {
    PAGE.as_str()
}

/// The version of Strata that answers.
#[utoipa::path(
    get,
    path = "/version",
    tag = "about",
    responses((status = 200, description = "The version", body = String)),
)]
pub(crate) async fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// What is counted, as `OpenMetrics`.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "about",
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "application/openmetrics-text"),
    ),
)]
pub(crate) async fn metrics(State(shared): State<Arc<Shared>>) -> Result<Response, Refusal> {
    let rendered = shared.metrics.render(shared.ready.why_not().is_none()).map_err(|_| Refusal::internal())?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], rendered).into_response())
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "about",
    responses((status = 200, description = "OpenAPI", body = String, content_type = "application/json")),
)]
pub(crate) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION.as_str()).into_response()
}
