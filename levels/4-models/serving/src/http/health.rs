//! Whether serving lives, and whether it can answer.
//!
//! Two questions with two answers (faults 43, 59): `/livez` asks nobody, so a broken record never has the process
//! killed; `/readyz` really reads, so it is never well with everything behind it dead.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use strata_http::{Check, Readiness};
use strata_types::{PatientId, Timestamp};

use super::Shared;

/// Nobody's id: looking for this patient shows whether anybody's record could be read.
const NOBODY: &str = "strata-readiness-probe";
/// How long the record may take to say that it does not know nobody.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the process lives; depends on nothing.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "health",
    responses((status = 200, description = "It lives", body = String)),
)]
pub(crate) async fn livez() -> &'static str {
    "ok"
}

/// Whether predictions can be answered now, with the reasons why not; `?verbose` lists the checks.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    params(("verbose" = Option<bool>, Query, description = "List each check")),
    responses(
        (status = 200, description = "Predictions can be answered", body = Readiness),
        (status = 503, description = "Something stands in the way", body = Readiness),
    ),
)]
pub(crate) async fn readyz(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Readiness {
    let no_model = "no model is loaded: train one with `strata train`";
    let checks = vec![
        Check::new("model loaded", shared.seat.model().is_none().then(|| no_model.to_owned())),
        Check::new("record readable", unreadable(&shared).await),
    ];
    Readiness::of(checks, query.as_deref())
}

/// Why no patient's record can be read.
async fn unreadable(shared: &Shared) -> Option<String> {
    let nobody: PatientId = NOBODY.parse().expect("the probe's id has the form of an id");
    let now = Timestamp(shared.clock.now_micros());
    match tokio::time::timeout(PATIENCE, shared.record.vector(&nobody, now)).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(format!("the record cannot be read: {error}")),
        Err(_) => Some(format!("the record did not answer within {} s", PATIENCE.as_secs())),
    }
}

/// Whether a model is loaded, as `MLflow`'s server says it.
#[utoipa::path(
    get,
    path = "/ping",
    tag = "health",
    responses((status = 200, description = "A model is loaded"), (status = 404, description = "None is")),
)]
pub(crate) async fn ping(State(shared): State<Arc<Shared>>) -> Response {
    let status = if shared.seat.model().is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    (status, [(CONTENT_TYPE, "application/json")], "\n").into_response()
}

/// The same as `/ping`.
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    responses((status = 200, description = "A model is loaded"), (status = 404, description = "None is")),
)]
pub(crate) async fn health(shared: State<Arc<Shared>>) -> Response {
    ping(shared).await
}
