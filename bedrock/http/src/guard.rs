//! What holds for every request, whatever it asks.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use uuid::Uuid;

use crate::Refusal;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// On every answer, errors too (fault 59). Answers are about patients: nobody on the way keeps them.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Of an answer that does not say itself what a browser may do with it: nothing. Only a page says more, because only it
/// knows its own style and script.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Counts answers.
pub trait Tally: Send + Sync + 'static {
    /// A request to this route was answered with this code. The route is one of the router's, or `unmatched`.
    fn answered(&self, route: &str, code: u16, took: Duration);
}

/// Counts and logs each request, and puts the headers on its answer. The outermost.
pub async fn account(State(tally): State<Arc<dyn Tally>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    // Ours, never the caller's: it is logged, and a caller might write a name into it.
    let id = Uuid::new_v4().to_string();
    // The route, never the path: a path is the caller's, and there is no end of them.
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);

    let mut response = next.run(request).await;
    let (code, took) = (response.status().as_u16(), begun.elapsed());
    tally.answered(route, code, took);
    if response.status().is_server_error() {
        tracing::warn!(id, route, code, ?took, "request failed");
    } else {
        tracing::debug!(id, route, code, ?took, "request answered");
    }
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(NOTHING);
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// A panic is answered too, by an error.
pub async fn survive_panics(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    answer.await.unwrap_or_else(|_| Refusal::internal().into_response())
}

/// A request that takes longer than this is answered by an error.
pub async fn within(State(patience): State<Duration>, request: Request, next: Next) -> Response {
    let Ok(response) = tokio::time::timeout(patience, next.run(request)).await else {
        let message = format!("no answer within {} s", patience.as_secs());
        let refusal = Refusal::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message, "ask for less at once");
        return refusal.into_response();
    };
    response
}

/// Refuses a request that names another host than this machine.
///
/// A page on the internet can let its own name resolve to 127.0.0.1 and then read, as its own, what a server there
/// answers to anybody (DNS rebinding). Its requests carry its name; those of this machine carry the loopback's.
pub async fn only_loopback_names(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST);
    if host.is_none_or(|host| host.to_str().is_ok_and(is_loopback)) {
        return next.run(request).await;
    }
    let hint = "ask http://127.0.0.1 or http://localhost";
    let message = "this server listens on the loopback only, and answers only to the loopback's names";
    Refusal::new(StatusCode::MISDIRECTED_REQUEST, "foreign_host", message, hint).into_response()
}

/// Refuses a request that a page elsewhere sent: its `Origin` is not the host that was asked. No other origin is ever
/// granted anything (no CORS, fault 44); this also keeps out what browsers send without asking first.
pub async fn only_own_origin(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    let foreign = text(ORIGIN).is_some_and(|origin| {
        let asked = origin.split_once("://").map(|(_, host)| host);
        asked.is_none() || asked != text(HOST)
    });
    // A question of a browser is answered like anybody's: by refusing the method.
    if !foreign || request.method().is_safe() {
        return next.run(request).await;
    }
    let message = "the request was sent by a page of another origin";
    Refusal::new(StatusCode::FORBIDDEN, "foreign_origin", message, "send it from a program, not from a page")
        .into_response()
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_the_loopback_has_its_names() {
        for name in ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:8000", "127.8.0.1", "[::1]:8000", "[::1]"] {
            assert!(is_loopback(name), "{name}");
        }
        for name in
            ["", "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"]
        {
            assert!(!is_loopback(name), "{name}");
        }
    }
}
