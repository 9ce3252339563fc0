//! What the gateway tells about itself.

use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use strata_http::{ErrorBody, Refusal};
use strata_types::json_schema;

use super::Shared;
use super::admission;
use crate::metrics::OPEN_METRICS;
use crate::openapi as description;

static DESCRIPTION: LazyLock<String> = LazyLock::new(description::openapi);
static PAGE: LazyLock<String> = LazyLock::new(description::index);

/// Lists the endpoints.
#[utoipa::path(
    get,
    path = "/endpoints",
    tag = "about",
    responses((status = 200, description = "The endpoints, one a line", body = String)),
)]
pub(crate) async fn index() -> &'static str {
    PAGE.as_str()
}

/// How the stack fares, as a page for people; where there is none, the endpoints.
#[utoipa::path(
    get,
    path = "/",
    tag = "about",
    security((), ("token" = []), ("password" = [])),
    responses(
        (status = 200, description = "The page, or the endpoints, one a line",
            content((String = "text/html"), (String = "text/plain"))),
        (status = 401, description = "No token that is known", body = ErrorBody),
        (status = 403, description = "The token is for other things", body = ErrorBody),
    ),
)]
pub(crate) async fn front() -> &'static str {
    index().await
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

/// The JSON Schema of a topic's records, which is what validates them.
#[utoipa::path(
    get,
    path = "/v1/schemas/{topic}",
    tag = "about",
    params(("topic" = String, Path, description = "The topic", example = "patient-vitals")),
    responses(
        (status = 200, description = "The schema", body = Value),
        (status = 404, description = "There is no such topic", body = ErrorBody),
    ),
)]
pub(crate) async fn schema(topic: Result<Path<String>, PathRejection>) -> Result<Json<Value>, Refusal> {
    let topic = admission::topic(topic.as_ref().map_or("", |Path(name)| name))?;
    Ok(Json(json_schema(topic)))
}

/// What is counted, as `OpenMetrics`; needs the scope `read` where tokens are asked for.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "about",
    security((), ("token" = []), ("password" = [])),
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "application/openmetrics-text"),
        (status = 401, description = "No token that is known", body = ErrorBody),
        (status = 403, description = "The token is for other things", body = ErrorBody),
    ),
)]
pub(crate) async fn metrics(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Result<Response, Response> {
    admission::reader(&shared, &headers)?;
    let rendered = shared.metrics.render().map_err(|_| Refusal::internal().into_response())?;
    Ok(([(CONTENT_TYPE, OPEN_METRICS)], rendered).into_response())
}

/// This description.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "about",
    responses((status = 200, description = "OpenAPI", body = Value, content_type = "application/json")),
)]
pub(crate) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION.as_str()).into_response()
}
