//! `POST /invocations`: `MLflow`'s scoring protocol.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use strata_http::{ErrorBody, Refusal, content_type};

use super::{Shared, predict, refusal};
use crate::scoring::{score_csv, score_json};
use crate::served::Loaded;
use crate::wire::{Predictions, ScoringError, ScoringRequest};

const JSON: &str = "application/json";
const CSV: &str = "text/csv";

/// A body from which on the work is done off the threads that answer everybody: about a millisecond.
const LARGE: usize = 128 * 1024;

/// Scores rows that the caller brings along, by `MLflow`'s scoring protocol.
#[utoipa::path(
    post,
    path = "/invocations",
    tag = "predictions",
    request_body(
        description = "Columns are found by name, in any order; extra ones are dropped; null is a missing value. CSV \
                       has the names in its first line.",
        content((ScoringRequest = "application/json"), (String = "text/csv")),
    ),
    responses(
        (status = 200, description = "One probability a row", body = Predictions),
        (status = 400, description = "The rows cannot be scored", body = ScoringError),
        (status = 413, description = "The body is too large", body = ScoringError),
        (status = 415, description = "The body is said to be neither JSON nor CSV", body = ScoringError),
        (status = 503, description = "No model is loaded", body = ScoringError),
    ),
)]
pub(crate) async fn invocations(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Predictions>, InMlflowsForm> {
    let form = content_type::one_of(&headers, &[JSON, CSV])?;
    let body = body.map_err(|rejection| predict::unread(&rejection))?;
    let model = shared.seat.model().ok_or_else(refusal::no_model)?;
    let predictions = if body.len() < LARGE {
        score(&model, form, &body)?
    } else {
        let work = tokio::task::spawn_blocking(move || score(&model, form, &body));
        // A panic was told to whoever listens to panics.
        work.await.map_err(|_| Refusal::internal())??
    };
    shared.metrics.scored_rows.inc_by(predictions.len() as u64);
    Ok(Json(Predictions { predictions }))
}

fn score(model: &Loaded, form: &str, body: &[u8]) -> Result<Vec<f32>, Refusal> {
    let predictions = if form == CSV { score_csv(&model.model, body) } else { score_json(&model.model, body) };
    predictions.map_err(|message| Refusal::new(StatusCode::BAD_REQUEST, "invalid_rows", message, ""))
}

/// A refusal as `MLflow` would tell it.
#[derive(Debug)]
pub(crate) struct InMlflowsForm(Refusal);

impl From<Refusal> for InMlflowsForm {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for InMlflowsForm {
    fn into_response(self) -> Response {
        let Refusal { status, body: ErrorBody { message, hint, .. } } = self.0;
        let error_code = match status {
            StatusCode::SERVICE_UNAVAILABLE => "TEMPORARILY_UNAVAILABLE",
            status if status.is_server_error() => "INTERNAL_ERROR",
            _ => "BAD_REQUEST",
        };
        let message = if hint.is_empty() { message } else { format!("{message}; {hint}") };
        (status, Json(ScoringError { error_code, message })).into_response()
    }
}
