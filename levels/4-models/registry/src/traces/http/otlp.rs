//! Where OpenTelemetry's exporters send spans: `POST /v1/traces`, protocol buffers or JSON.
//!
//! What is wrong is answered as the framework of Python's server answers, with a `detail`.

use std::io::Read;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use prost::Message;
use serde_json::{Value, json};

use crate::audited::Logged;
use crate::traces::key::{self, attribute};
use crate::traces::span::{Sent, Span, otlp, otlp_json, pairs};
use crate::traces::{links, log};
use crate::{Error, Shared};

const EXPERIMENT: &str = "x-mlflow-experiment-id";
const RUN: &str = "x-mlflow-run-id";
const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";
/// How large a request may be when it is unpacked.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Senders whose names are told; others could tell anything.
const SENDERS: [&str; 5] = ["claude-code", "codex_cli_rs", "codex_vscode", "gemini-cli", "qwen-code"];

/// Why a request was not taken.
#[derive(Debug)]
pub(super) enum Refusal {
    Detail(StatusCode, Value),
    Registry(Error),
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Registry(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Detail(status, detail) => (status, Json(json!({ "detail": detail }))).into_response(),
            Self::Registry(error) => error.into_response(),
        }
    }
}

fn bad(detail: impl Into<String>) -> Refusal {
    Refusal::Detail(StatusCode::BAD_REQUEST, detail.into().into())
}

pub(super) async fn export(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(experiment) = header(EXPERIMENT) else {
        let missing =
            json!([{ "type": "missing", "loc": ["header", EXPERIMENT], "msg": "Field required", "input": null }]);
        return Err(Refusal::Detail(StatusCode::UNPROCESSABLE_ENTITY, missing));
    };
    let content_type = header(CONTENT_TYPE.as_str());
    let media_type = content_type.and_then(|full| full.split(';').next()).map(str::trim);
    let is_json = match media_type {
        Some(PROTOBUF) => false,
        Some(JSON) => true,
        _ => {
            let given = content_type.unwrap_or("None");
            return Err(bad(format!("Invalid Content-Type: {given}. Expected: {PROTOBUF} or {JSON}")));
        }
    };
    let body = unpacked(header(CONTENT_ENCODING.as_str()), body)?;
    let request = if is_json {
        serde_json::from_slice(&body).ok().and_then(|json| otlp_json::request(&json))
    } else {
        otlp::Request::decode(body.as_slice()).ok()
    };
    let request = request.ok_or_else(|| bad("Invalid OpenTelemetry format"))?;
    if request.resource_spans.is_empty() {
        return Err(bad("Invalid OpenTelemetry format - no spans found"));
    }

    let spans = spans(&request)?;
    let logged = Logged::into_experiment(experiment).and("spans", spans.len());
    if !spans.is_empty() {
        let roots = spans.iter().filter(|(span, _)| span.parent_id.is_none()).map(|(span, _)| span.trace_id.clone());
        let roots: Vec<String> = roots.collect();
        let mut tx = shared.write().await?;
        log::log(&mut tx, experiment, spans).await?;
        if let Some(run) = header(RUN) {
            for roots in roots.chunks(100) {
                links::to_run(&mut tx, run, roots).await?;
            }
        }
        tx.commit().await?;
    }
    let answer = if is_json { (JSON, "{}") } else { (PROTOBUF, "") };
    Ok(logged.with(([(CONTENT_TYPE, answer.0)], answer.1)))
}

fn unpacked(encoding: Option<&str>, body: Bytes) -> Result<Vec<u8>, Refusal> {
    let encoding = encoding.map(str::to_ascii_lowercase);
    let read = |reader: &mut dyn Read| {
        let mut bytes = Vec::new();
        let length = reader.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
        (length as u64 <= LARGEST).then_some(bytes)
    };
    match encoding.as_deref() {
        None | Some("" | "identity") => Ok(body.into()),
        Some("gzip") => read(&mut MultiGzDecoder::new(&*body)).ok_or_else(|| bad("Failed to decompress gzip payload")),
        // Some say deflate and leave out what goes around it.
        Some("deflate") => read(&mut ZlibDecoder::new(&*body))
            .or_else(|| read(&mut DeflateDecoder::new(&*body)))
            .ok_or_else(|| bad("Failed to decompress deflate payload")),
        Some(other) => Err(bad(format!("Unsupported Content-Encoding: {other}"))),
    }
}

/// Each with what its sender says of itself.
fn spans(request: &otlp::Request) -> Result<Vec<Sent>, Refusal> {
    let mut spans = Vec::new();
    for sent in &request.resource_spans {
        let resource = sent.resource.as_ref().map(|resource| pairs(&resource.attributes)).unwrap_or_default();
        let service = resource.get(attribute::SERVICE).and_then(Value::as_str);
        let service = service.filter(|service| SENDERS.contains(service));
        for span in sent.scope_spans.iter().flat_map(|scope| &scope.spans) {
            let Some(mut span) = Span::of(span) else {
                let detail = "Cannot convert OpenTelemetry span to MLflow span".into();
                return Err(Refusal::Detail(StatusCode::UNPROCESSABLE_ENTITY, detail));
            };
            if span.parent_id.is_none() {
                if let Some(service) = service {
                    span.attributes.insert(attribute::SERVICE.to_owned(), json!(service).to_string().into());
                }
                span.attributes.retain(|name, _| !name.strip_prefix(attribute::TRACE_TAG).is_some_and(key::is_blocked));
            }
            spans.push((span, resource.clone()));
        }
    }
    Ok(spans)
}
