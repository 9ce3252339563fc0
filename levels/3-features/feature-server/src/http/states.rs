//! `/v1/states`: what is stored, for whoever compares it with silver.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use strata_http::{ErrorBody, Refusal};

use super::{Shared, refusal};
use crate::{StatesPage, StoredState};

/// Patients on a page, at most.
const PAGE: usize = 1_000;

/// Which page.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    patient_id: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// Patients' recent timelines as they are stored, page by page, or one alone: what serving elsewhere computes vectors
/// from, and what `strata features parity` compares with silver.
#[utoipa::path(
    get,
    path = "/v1/states",
    tag = "features",
    params(
        ("patient_id" = Option<String>, Query, description = "This patient alone"),
        ("after" = Option<String>, Query, description = "The last patient of the page before"),
        ("limit" = Option<usize>, Query, description = "Patients on the page, 1000 at most"),
    ),
    responses(
        (status = 200, description = "A page", body = StatesPage),
        (status = 422, description = "The query is none", body = ErrorBody),
        (status = 503, description = "The store is being filled, or cannot be read", body = ErrorBody),
    ),
)]
pub(crate) async fn states(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<StatesPage>, Refusal> {
    let Query(Asked { patient_id, after, limit }) = asked.map_err(|_| {
        refusal::unusable("invalid_request", "the query has another shape", "ask /v1/states?after=p000001&limit=100")
    })?;
    let after = after.as_deref().map(refusal::patient).transpose()?;
    let one = patient_id.as_deref().map(refusal::patient).transpose()?;
    if one.is_some() {
        refusal::unless_ready(&shared)?;
    }
    let read = async {
        // What is read later has everything that this says, and perhaps more.
        let marks = shared.store.marks().await?;
        let states = match &one {
            Some(patient) => {
                let stored = shared.store.stored(patient).await?;
                stored.into_iter().map(|bytes| (patient.clone(), bytes)).collect()
            }
            None => shared.store.page(after.as_ref(), limit.unwrap_or(PAGE).clamp(1, PAGE)).await?,
        };
        Ok((marks, states))
    };
    let (marks, states) = read.await.map_err(|error| refusal::unreadable(&error))?;
    let state = |(patient, bytes): (strata_types::PatientId, _)| StoredState {
        patient_id: patient.to_string(),
        state: STANDARD.encode::<axum::body::Bytes>(bytes),
    };
    let marks = marks.map(|marks| STANDARD.encode(marks.bytes()));
    Ok(Json(StatesPage { marks, states: states.into_iter().map(state).collect() }))
}
