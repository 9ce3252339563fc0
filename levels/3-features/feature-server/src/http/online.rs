//! `/get-online-features`, in Feast's shape.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use strata_http::{ErrorBody, Refusal, content_type};
use strata_online_store::Seen;
use strata_types::{PatientId, Timestamp};

use super::{Shared, refusal};
use crate::answer::{Answer, Status};
use crate::names::Wanted;
use crate::wire::{FeatureResult, Metadata, OnlineRequest, OnlineResponse, Scalar};

/// Patients that are asked about at once, at most.
const PATIENTS: usize = 1_000;
/// More are computed off the threads that answer everybody: about a millisecond.
const FEW: usize = 16;
/// What Feast says of an id, and of what never happened.
const EPOCH: &str = "1970-01-01T00:00:00Z";
const ENTITY: &str = "patient_id";

/// Features of patients as of now.
#[utoipa::path(
    post,
    path = "/get-online-features",
    tag = "features",
    request_body = OnlineRequest,
    responses(
        (status = 200, description = "One result a feature, with one value a patient", body = OnlineResponse),
        (status = 400, description = "The body is not JSON", body = ErrorBody),
        (status = 413, description = "The body is too large", body = ErrorBody),
        (status = 415, description = "The body is not said to be JSON", body = ErrorBody),
        (status = 422, description = "There are no such features, or no such ids", body = ErrorBody),
        (status = 503, description = "The store is being filled, or cannot be read", body = ErrorBody),
    ),
)]
pub(crate) async fn post_online(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<OnlineResponse>, Refusal> {
    content_type::one_of(&headers, &["application/json"])?;
    let body = body.map_err(|rejection| unread(&rejection))?;
    let request: OnlineRequest = serde_json::from_slice(&body).map_err(|error| unreadable(&error))?;
    let wanted = match (&request.features, &request.feature_service) {
        (Some(features), None) => Wanted::named(features.iter().map(String::as_str), request.full_feature_names),
        (None, Some(service)) => Wanted::service(service, request.full_feature_names),
        _ => Err(crate::names::Unknown::Nothing),
    };
    let patients = match request.entities.iter().collect::<Vec<_>>()[..] {
        [(name, patients)] if name == ENTITY => patients.iter().map(|id| refusal::patient(id)),
        _ => {
            let hint = format!("send {{\"entities\": {{\"{ENTITY}\": [\"p000001\"]}}}}");
            return Err(refusal::unusable("unknown_entity", "the entities are not a list of patient ids", hint));
        }
    };
    let patients = patients.collect::<Result<Vec<_>, _>>()?;
    let as_of = request.as_of.as_deref().map(refusal::time).transpose()?;
    answer(shared, wanted.map_err(refusal::unknown)?, patients, as_of).await
}

/// What `/get-online-features?patient_id=p1,p2&features=hr_last,news2_total` asks.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    patient_id: String,
    features: Option<String>,
    feature_service: Option<String>,
    #[serde(default)]
    full_feature_names: bool,
    as_of: Option<String>,
}

/// The same by a link: ids and names with `,` between.
#[utoipa::path(
    get,
    path = "/get-online-features",
    tag = "features",
    params(
        ("patient_id" = String, Query, description = "The patients' ids, with `,` between"),
        ("features" = Option<String>, Query, description = "The features' names, with `,` between"),
        ("feature_service" = Option<String>, Query, description = "Instead, the service that names them"),
        ("full_feature_names" = Option<bool>, Query, description = "Whether names carry the view's"),
        ("as_of" = Option<String>, Query, description = "As of when, where the store still answers"),
    ),
    responses(
        (status = 200, description = "One result a feature, with one value a patient", body = OnlineResponse),
        (status = 422, description = "There are no such features, or no such ids", body = ErrorBody),
        (status = 503, description = "The store is being filled, or cannot be read", body = ErrorBody),
    ),
)]
pub(crate) async fn get_online(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<OnlineResponse>, Refusal> {
    let Query(asked) = asked.map_err(|_| {
        let hint = "ask /get-online-features?patient_id=p000001&features=hr_last,news2_total";
        refusal::unusable("invalid_request", "the query has another shape than a question", hint)
    })?;
    let wanted = match (&asked.features, &asked.feature_service) {
        (Some(features), None) => Wanted::named(features.split(','), asked.full_feature_names),
        (None, Some(service)) => Wanted::service(service, asked.full_feature_names),
        _ => Err(crate::names::Unknown::Nothing),
    };
    let patients = asked.patient_id.split(',').map(refusal::patient).collect::<Result<Vec<_>, _>>()?;
    let as_of = asked.as_of.as_deref().map(refusal::time).transpose()?;
    answer(shared, wanted.map_err(refusal::unknown)?, patients, as_of).await
}

async fn answer(
    shared: Arc<Shared>,
    wanted: Wanted,
    patients: Vec<PatientId>,
    as_of: Option<Timestamp>,
) -> Result<Json<OnlineResponse>, Refusal> {
    if patients.is_empty() || patients.len() > PATIENTS {
        let message = format!("{} patients are asked about", patients.len());
        return Err(refusal::unusable("too_many", message, format!("ask about 1 to {PATIENTS} at once")));
    }
    refusal::unless_ready(&shared)?;
    let seen = shared.store.seen_many(&patients).await.map_err(|error| refusal::unreadable(&error))?;
    if patients.len() <= FEW {
        return computed(&shared, &wanted, &patients, &seen, as_of);
    }
    let work = tokio::task::spawn_blocking(move || computed(&shared, &wanted, &patients, &seen, as_of));
    // A panic was told to whoever listens to panics.
    work.await.map_err(|_| Refusal::internal())?
}

fn computed(
    shared: &Shared,
    wanted: &Wanted,
    patients: &[PatientId],
    seen: &[Option<Seen>],
    as_of: Option<Timestamp>,
) -> Result<Json<OnlineResponse>, Refusal> {
    let now = Timestamp(shared.clock.now_micros());
    let answers = seen.iter().map(|seen| Answer::of(seen.as_ref(), now, as_of, &shared.max_ages));
    let answers = answers.collect::<Result<Vec<_>, _>>().map_err(refusal::too_early)?;
    let mut times = Times::default();
    let ids = FeatureResult {
        values: patients.iter().map(|patient| Scalar::Text(patient.to_string())).collect(),
        statuses: vec![Status::Present.name(); patients.len()],
        event_timestamps: vec![times.text(None); patients.len()],
    };
    let mut statuses = [0; Status::ALL.len()];
    let mut results = vec![ids];
    for &place in &wanted.features {
        let mut result = FeatureResult { values: Vec::new(), statuses: Vec::new(), event_timestamps: Vec::new() };
        for answer in &answers {
            let value = answer.value(place);
            statuses[value.status as usize] += 1;
            result.values.push(Scalar::Number(value.given));
            result.statuses.push(value.status.name());
            result.event_timestamps.push(times.text(value.time));
        }
        results.push(result);
    }
    shared.metrics.answered(seen.iter().flatten().count() as u64, statuses);
    let names = std::iter::once(ENTITY.to_owned()).chain(wanted.features.iter().map(|place| wanted.name(*place)));
    Ok(Json(OnlineResponse { metadata: Metadata { feature_names: names.collect() }, results }))
}

/// Times as texts; many features share one.
#[derive(Debug, Default)]
struct Times(HashMap<Option<Timestamp>, Arc<str>>);

impl Times {
    fn text(&mut self, time: Option<Timestamp>) -> Arc<str> {
        let text =
            self.0.entry(time).or_insert_with(|| time.map_or_else(|| EPOCH.into(), |time| time.to_string().into()));
        Arc::clone(text)
    }
}

fn unread(rejection: &BytesRejection) -> Refusal {
    let status = rejection.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Refusal::new(status, "too_large", "the body is too large", "ask about fewer patients at once");
    }
    Refusal::new(StatusCode::BAD_REQUEST, "incomplete", "the body ended early", "send it again")
}

/// Nothing of what was sent is repeated.
fn unreadable(error: &serde_json::Error) -> Refusal {
    let place = format!("at line {} column {}", error.line(), error.column());
    let hint = r#"send {"features": ["patient_features:hr_last"], "entities": {"patient_id": ["p000001"]}}"#;
    if error.is_data() {
        return refusal::unusable(
            "invalid_request",
            format!("the body has another shape than a question {place}"),
            hint,
        );
    }
    Refusal::new(StatusCode::BAD_REQUEST, "invalid_json", format!("the body is not JSON {place}"), hint)
}
