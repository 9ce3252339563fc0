//! `POST /v1/events/{topic}` and `POST /v1/validate`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use strata_http::{ErrorBody, content_type};
use strata_types::Topic;
use utoipa::IntoParams;

use super::account::Places;
use super::delivery::{Delivery, Purpose};
use super::stop::Stop;
use super::stream::{self, Unpacked};
use super::{Shared, admission};
use crate::body::Splitter;
use crate::tokens::Scope;
use crate::wire::{Outcome, Stopped};

const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

/// Takes events: one object, an array of them, or NDJSON as a stream; packed or not.
///
/// Some may be refused and the others accepted: then the answer is 200, and says which and why. When all are refused, it
/// is 422. After an error in the middle the answer says how far it came, and the whole can be sent again: what was
/// accepted is recognised by its `event_id` and content.
#[utoipa::path(
    post,
    path = "/v1/events/{topic}",
    tag = "events",
    security((), ("token" = [])),
    params(("topic" = String, Path, description = "The topic", example = "patient-vitals")),
    request_body(
        description = "Records as `GET /v1/schemas/{topic}` describes them; `content-encoding` gzip or zstd",
        content((Value = "application/json"), (String = "application/x-ndjson")),
    ),
    responses(
        (status = 200, description = "What became of the records; some may be refused", body = Outcome),
        (status = 400, description = "The body is not what it is said to be", body = Stopped),
        (status = 401, description = "No token that is known", body = ErrorBody),
        (status = 403, description = "The token is for other things, or a page elsewhere asks", body = ErrorBody),
        (status = 404, description = "There is no such topic", body = ErrorBody),
        (status = 408, description = "Nothing came for too long", body = Stopped),
        (status = 413, description = "The body is too long", body = Stopped),
        (status = 415, description = "The body is said to be neither, or is packed otherwise", body = ErrorBody),
        (status = 422, description = "Every record was refused", body = Outcome),
        (status = 429, description = "The log is behind; come again after `retry-after`", body = Stopped),
        (status = 503, description = "The log or the audit log cannot be written", body = Stopped),
    ),
)]
pub(crate) async fn events(
    State(shared): State<Arc<Shared>>,
    topic: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let agent = admission::agent(&shared, &headers, Scope::Write)?;
    let topic = admission::topic(topic.as_ref().map_or("", |Path(name)| name));
    let topic = topic.map_err(IntoResponse::into_response)?;
    let delivery = |places| Delivery::new(&shared, Purpose::Append, agent, "ingest events", places);
    take(&shared, topic, &headers, body, delivery).await
}

/// Which topic.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfTopic {
    /// The topic whose schema the records are held to.
    #[param(example = "patient-vitals")]
    topic: String,
}

/// Says what would become of events, and does nothing.
#[utoipa::path(
    post,
    path = "/v1/validate",
    tag = "events",
    security((), ("token" = [])),
    params(OfTopic),
    request_body(
        description = "As for `POST /v1/events/{topic}`",
        content((Value = "application/json"), (String = "application/x-ndjson")),
    ),
    responses(
        (status = 200, description = "What would become of the records; some might be refused", body = Outcome),
        (status = 400, description = "The body is not what it is said to be", body = Stopped),
        (status = 401, description = "No token that is known", body = ErrorBody),
        (status = 403, description = "The token is for other things, or a page elsewhere asks", body = ErrorBody),
        (status = 404, description = "There is no such topic", body = ErrorBody),
        (status = 408, description = "Nothing came for too long", body = Stopped),
        (status = 413, description = "The body is too long", body = Stopped),
        (status = 415, description = "The body is said to be neither, or is packed otherwise", body = ErrorBody),
        (status = 422, description = "Every record would be refused", body = Outcome),
        (status = 429, description = "Too much is in flight; come again after `retry-after`", body = Stopped),
    ),
)]
pub(crate) async fn validate(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<OfTopic>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Response> {
    let agent = admission::agent(&shared, &headers, Scope::Read)?;
    let topic = admission::topic(query.as_ref().map_or("", |Query(query)| &query.topic));
    let topic = topic.map_err(IntoResponse::into_response)?;
    let delivery = |places| Delivery::new(&shared, Purpose::Validate, agent, "validate events", places);
    take(&shared, topic, &headers, body, delivery).await
}

async fn take(
    shared: &Arc<Shared>,
    topic: Topic,
    headers: &HeaderMap,
    body: Body,
    delivery: impl FnOnce(Places) -> Delivery,
) -> Result<Response, Response> {
    let form = content_type::one_of(headers, &[JSON, LINES]).map_err(IntoResponse::into_response)?;
    let (places, splitter) = match form {
        LINES => (Places::Lines, Splitter::lines(topic, shared.longest_record)),
        _ => (Places::Indices, Splitter::json(topic, shared.longest_record)),
    };
    let (room, metrics) = (&shared.room, &shared.metrics);
    let body = Unpacked::new(body, headers, shared.longest_body, None, room, metrics);
    let mut body = body.map_err(|stop| stop.with(Outcome::default()))?;
    let mut delivery = delivery(places);
    let settled = stream::settle(&mut body, splitter, &mut delivery, metrics).await;
    Ok(answer(delivery, settled).await)
}

/// Audits the request, then answers it.
pub(super) async fn answer(mut delivery: Delivery, settled: Result<(), Stop>) -> Response {
    let audited = delivery.audit(settled.is_err()).await;
    let status = delivery.account.status();
    let outcome = delivery.account.outcome();
    match settled.and(audited) {
        Ok(()) => (status, Json(outcome)).into_response(),
        Err(stop) => stop.with(outcome),
    }
}
