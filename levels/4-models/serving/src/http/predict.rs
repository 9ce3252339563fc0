//! `POST /v1/predict`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use strata_features::Feature;
use strata_http::{ErrorBody, Refusal, content_type};
use strata_model::Contribution;
use strata_types::{MINUTE, PatientId, Timestamp};
use uuid::{NoContext, Uuid};

use super::{Shared, refusal};
use crate::answer::Answer;
use crate::prediction_log::Remembered;
use crate::record::AsOf;
use crate::served::Loaded;
use crate::wire::{Factor, ModelName, PredictRequest, PredictResponse};

/// How far a caller's clock may run ahead of ours.
const AHEAD: i64 = 5 * MINUTE;

/// Predicts a patient's risk as of a time, from the record, and says why.
#[utoipa::path(
    post,
    path = "/v1/predict",
    tag = "predictions",
    request_body = PredictRequest,
    responses(
        (status = 200, description = "The prediction", body = PredictResponse),
        (status = 400, description = "The body is not JSON", body = ErrorBody),
        (status = 404, description = "Nobody has heard of this patient", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 415, description = "The body is not said to be JSON", body = ErrorBody),
        (status = 422, description = "The id or the timestamp is none, or lies in the future", body = ErrorBody),
        (status = 503, description = "No model is loaded, or the record cannot be read", body = ErrorBody),
    ),
)]
pub(crate) async fn predict(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<PredictResponse>, Refusal> {
    content_type::one_of(&headers, &["application/json"])?;
    let at = Timestamp(shared.clock.now_micros());
    let (patient, time) = question(&body.map_err(|rejection| unread(&rejection))?, at)?;
    let model = shared.seat.model().ok_or_else(refusal::no_model)?;
    let answer = model.answer(&features(&shared, &patient, time).await?);

    let prediction_id = id(at);
    shared.metrics.predicted(answer.risk_level);
    let response = respond(&model, prediction_id, &patient, time, &answer, shared.top_factors);
    let Answer { probability, vector, .. } = answer;
    let header = Arc::clone(&model.header);
    shared.prediction_log.remember(Remembered { header, prediction_id, at, patient, time, probability, vector });
    Ok(Json(response))
}

/// A body that could not be read to its end.
pub(super) fn unread(rejection: &BytesRejection) -> Refusal {
    let status = rejection.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(status, "too_large", "the body is too large", "send less at once");
    }
    Refusal::new(StatusCode::BAD_REQUEST, "incomplete", "the body ended early", "send it again")
}

/// Whom and when the body asks about.
fn question(body: &[u8], now: Timestamp) -> Result<(PatientId, Timestamp), Refusal> {
    const SHAPE: &str = r#"send {"patient_id": "p000001", "timestamp": "2026-03-01T12:00:00Z"} and nothing else"#;
    let request: PredictRequest = serde_json::from_slice(body).map_err(|error| {
        let place = format!("at line {} column {}", error.line(), error.column());
        // Only these of serde's messages repeat nothing of what was sent.
        let message = error.to_string();
        match error.is_data() {
            true if message.starts_with("missing field") || message.starts_with("duplicate field") => {
                Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message, SHAPE)
            }
            true => {
                let message = format!("the body has another shape than a question {place}");
                Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_request", message, SHAPE)
            }
            false => {
                Refusal::new(StatusCode::BAD_REQUEST, "invalid_json", format!("the body is not JSON {place}"), SHAPE)
            }
        }
    })?;
    let unusable =
        |error, message: &str, hint: &str| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error, message, hint);
    let patient = request.patient_id.parse().map_err(|_| {
        unusable("invalid_patient_id", "patient_id is no patient id", "it is 1 to 64 letters, digits, `_` or `-`")
    })?;
    let time: Timestamp = request.timestamp.parse().map_err(|_| {
        unusable("invalid_timestamp", "timestamp is not an RFC 3339 time", "write it like 2026-03-01T12:00:00Z")
    })?;
    if time > now + AHEAD {
        let hint = "ask as of now or of a time that has passed";
        return Err(unusable("timestamp_in_the_future", "timestamp lies more than 5 minutes in the future", hint));
    }
    Ok((patient, time))
}

/// The features from the record, or why there are none. An unreadable record is an error, never an empty one (fault 46).
async fn features(shared: &Shared, patient: &PatientId, t: Timestamp) -> Result<AsOf, Refusal> {
    match shared.record.vector(patient, t).await {
        Ok(Some(features)) => Ok(features),
        Ok(None) => {
            let hint = "check the id; a new patient is known once an event of theirs has been refined";
            let message = format!("nobody has heard of patient {patient}");
            Err(Refusal::new(StatusCode::NOT_FOUND, "unknown_patient", message, hint))
        }
        Err(error) => {
            // What the store says may name the patient; the log must not.
            let error = error.to_string().replace(patient.as_str(), "<patient>");
            tracing::error!(error, "a patient's record could not be read");
            let hint = "try again; GET /readyz?verbose says what is wrong";
            Err(Refusal::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "record_unreadable",
                "the record cannot be read now",
                hint,
            ))
        }
    }
}

/// A fresh id, ordered by the clock that serving was given.
fn id(at: Timestamp) -> Uuid {
    let micros = at.0.max(0).cast_unsigned();
    let nanos = (micros % 1_000_000) as u32 * 1000;
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, micros / 1_000_000, nanos))
}

/// Joins an answer with whom it is about, the only place where that happens.
fn respond(
    model: &Loaded,
    prediction_id: Uuid,
    patient: &PatientId,
    time: Timestamp,
    answer: &Answer,
    top_factors: usize,
) -> PredictResponse {
    PredictResponse {
        prediction_id: prediction_id.to_string(),
        patient_id: patient.to_string(),
        timestamp: time.to_string(),
        probability: answer.probability,
        risk_level: answer.risk_level.as_str(),
        model: ModelName {
            name: model.model.name.clone(),
            version: model.header.model_version.clone(),
            run_id: model.header.run_id.clone(),
        },
        feature_time: answer.feature_time.map(|time| time.to_string()),
        feature_store: answer.store.name(),
        factors: answer.explanation.contributions.iter().take(top_factors).map(factor).collect(),
        base_log_odds: answer.explanation.base_log_odds,
        features_missing: answer.missing,
    }
}

fn factor(contribution: &Contribution) -> Factor {
    let definition = Feature::by_name(&contribution.feature);
    Factor {
        feature: contribution.feature.clone(),
        description: definition.map_or("", |feature| feature.description),
        value: contribution.value,
        unit: definition.map_or("", |feature| feature.unit),
        contribution: contribution.contribution,
    }
}
