//! `POST /fhir`: resources of FHIR R4 become events, and take the same way as any.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use strata_http::{ErrorBody, Refusal, content_type};
use strata_types::Topic;

use super::account::Places;
use super::delivery::{Delivery, Purpose};
use super::stop::Stop;
use super::stream::Unpacked;
use super::{Shared, admission, events};
use crate::body::Batch;
use crate::intake::{Rejection, Rule};
use crate::tokens::Scope;
use crate::wire::{Outcome, Stopped};

/// A resource is kept whole, and its parts several times over.
const LONGEST: u64 = 2 * 1024 * 1024;
const COSTS: usize = 16;

/// Takes a FHIR R4 resource: Observation, `MedicationAdministration`, `AdverseEvent` or Patient, or a Bundle of them.
///
/// An entry that becomes no event is refused by its index; the others are accepted, as with `POST /v1/events/{topic}`.
#[utoipa::path(
    post,
    path = "/fhir",
    tag = "events",
    security((), ("token" = [])),
    request_body(
        description = "A resource, at most 2 MiB; `content-encoding` gzip or zstd",
        content((Value = "application/fhir+json"), (Value = "application/json")),
    ),
    responses(
        (status = 200, description = "What became of the events; some may be refused", body = Outcome),
        (status = 400, description = "The body is no JSON, or not what it is said to be", body = Stopped),
        (status = 401, description = "No token that is known", body = ErrorBody),
        (status = 403, description = "The token is for other things, or a page elsewhere asks", body = ErrorBody),
        (status = 408, description = "Nothing came for too long", body = Stopped),
        (status = 413, description = "The body is too long", body = Stopped),
        (status = 415, description = "The body is not said to be JSON, or is packed otherwise", body = ErrorBody),
        (status = 422, description = "No entry became an event", body = Outcome),
        (status = 429, description = "The log is behind; come again after `retry-after`", body = Stopped),
        (status = 503, description = "The log or the audit log cannot be written", body = Stopped),
    ),
)]
pub(crate) async fn fhir(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let agent = admission::agent(&shared, &headers, Scope::Write)?;
    content_type::one_of(&headers, &["application/fhir+json", "application/json"])
        .map_err(IntoResponse::into_response)?;
    let (room, metrics) = (&shared.room, &shared.metrics);
    let body = Unpacked::new(body, &headers, LONGEST, Some(COSTS), room, metrics);
    let mut body = body.map_err(|stop| stop.with(Outcome::default()))?;
    let mut delivery = Delivery::new(&shared, Purpose::Append, agent, "ingest fhir", Places::Indices);
    let settled = settle(&shared, &mut body, &mut delivery).await;
    Ok(events::answer(delivery, settled).await)
}

async fn settle(shared: &Arc<Shared>, body: &mut Unpacked, delivery: &mut Delivery) -> Result<(), Stop> {
    let mut text = Vec::new();
    while let Some(bytes) = body.next(&shared.metrics).await? {
        text.extend_from_slice(bytes);
    }
    let convert = Arc::clone(&shared.convert);
    let longest = shared.longest_record;
    let work = tokio::task::spawn_blocking(move || {
        let resource: Value = serde_json::from_slice(&text).map_err(|error| not_json(&error))?;
        let (mut batch, mut refused) = (Batch::default(), Vec::new());
        for converted in convert.convert(&resource) {
            let place = converted.entry as u64;
            match converted.event.map(|(topic, event)| (topic, event.to_string())) {
                Ok((topic, event)) if event.len() <= longest => batch.push(topic, place, event.as_bytes(), b""),
                Ok((topic, _)) => batch.push_too_long(topic, place),
                Err(reason) => {
                    refused.push(Rejection { place, event_id: None, rule: Rule::NotConvertible, reason });
                }
            }
        }
        Ok((batch, refused))
    });
    // A panic was told to whoever listens to panics.
    let converted: Result<_, Stop> = work.await.map_err(|_| Refusal::internal())?;
    let (mut batch, refused) = converted?;
    for rejection in refused {
        // It has not become an event of any topic; most of what comes as FHIR are observations.
        delivery.reject(Topic::Vitals, rejection);
    }
    delivery.settle(&mut batch).await
}

fn not_json(error: &serde_json::Error) -> Stop {
    let message = format!("the body is not JSON at line {} column {}", error.line(), error.column());
    let hint = "send one FHIR R4 resource as JSON";
    Refusal::new(StatusCode::BAD_REQUEST, "invalid_json", message, hint).into()
}
