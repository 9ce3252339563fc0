//! `/features/{patient_id}`, for people.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use strata_features::{FEATURES, feature_set};
use strata_http::{ErrorBody, Refusal};
use strata_types::Timestamp;

use super::{Shared, refusal};
use crate::answer::Answer;
use crate::wire::{PatientFeature, PatientFeatures};

/// All features of a patient as of now, with their units and what they mean.
#[utoipa::path(
    get,
    path = "/features/{patient_id}",
    tag = "features",
    params(("patient_id" = String, Path, description = "The patient's id")),
    responses(
        (status = 200, description = "The features", body = PatientFeatures),
        (status = 404, description = "Nobody has heard of this patient", body = ErrorBody),
        (status = 422, description = "The id is none", body = ErrorBody),
        (status = 503, description = "The store is being filled, or cannot be read", body = ErrorBody),
    ),
)]
pub(crate) async fn patient(
    State(shared): State<Arc<Shared>>,
    Path(patient): Path<String>,
) -> Result<Response, Refusal> {
    let patient = refusal::patient(&patient)?;
    refusal::unless_ready(&shared)?;
    let seen = shared.store.seen(&patient).await.map_err(|error| refusal::unreadable(&error))?;
    let seen = seen.ok_or_else(|| {
        let hint = "check the id; a new patient is known within a second of their first event";
        let message = format!("nobody has heard of patient {patient}");
        Refusal::new(StatusCode::NOT_FOUND, "unknown_patient", message, hint)
    })?;
    let now = Timestamp(shared.clock.now_micros());
    let answer = Answer::of(Some(&seen), now, None, &shared.max_ages).map_err(refusal::too_early)?;
    shared.metrics.answered(1, [0; 4]);
    let feature = |(place, feature): (usize, &'static strata_features::Feature)| {
        let value = answer.value(place);
        PatientFeature {
            name: feature.name,
            value: value.given,
            unit: feature.unit,
            status: value.status.name(),
            event_time: value.time.map(|time| time.to_string()),
            description: feature.description,
        }
    };
    let features = PatientFeatures {
        patient_id: patient.to_string(),
        as_of: answer.t.to_string(),
        feature_set: feature_set(),
        waits_for_silver: seen.waits,
        features: FEATURES.iter().enumerate().map(feature).collect(),
    };
    let text = serde_json::to_string_pretty(&features).map_err(|_| Refusal::internal())?;
    Ok(([(CONTENT_TYPE, "application/json")], text).into_response())
}
