//! Who may do what, and to which topic.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use strata_audit::{Agent, AgentKind};
use strata_http::Refusal;
use strata_types::Topic;

use super::Shared;
use crate::intake::{EVENTS, nearest_topic, topic_names};
use crate::tokens::{Denied, Scope};

/// Who asks, if they may: whoever holds a token for it, or, where no tokens are asked for, whoever is on this machine.
#[expect(clippy::result_large_err, reason = "a refusal is an answer, with its headers")]
pub(super) fn agent(shared: &Shared, headers: &HeaderMap, scope: Scope) -> Result<Agent, Response> {
    presenting(shared, credentials(headers, "bearer"), scope)
}

/// Who looks, if they may. A browser asks people for a password and sends that: a token will do. Only here: a browser
/// sends it along whoever caused the request, so nothing is written for it.
#[expect(clippy::result_large_err, reason = "a refusal is an answer, with its headers")]
pub(super) fn reader(shared: &Shared, headers: &HeaderMap) -> Result<Agent, Response> {
    let password = || {
        let decoded = STANDARD.decode(credentials(headers, "basic")?).ok()?;
        let (_name, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        Some(password.to_owned())
    };
    let bearer = credentials(headers, "bearer").map(str::to_owned);
    presenting(shared, bearer.or_else(password).as_deref(), Scope::Read).map_err(|mut refused| {
        if refused.status() == StatusCode::UNAUTHORIZED {
            let basic =
                HeaderValue::from_static("Basic realm=\"Strata: any name, a token as password\", charset=\"UTF-8\"");
            refused.headers_mut().append(WWW_AUTHENTICATE, basic);
        }
        refused
    })
}

/// Lets through who may look.
pub(super) async fn readers_only(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    match reader(&shared, request.headers()) {
        Ok(_) => next.run(request).await,
        Err(refused) => refused,
    }
}

/// What the caller sends of this kind.
fn credentials<'a>(headers: &'a HeaderMap, kind: &str) -> Option<&'a str> {
    let (sent, credentials) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    sent.eq_ignore_ascii_case(kind).then(|| credentials.trim())
}

#[expect(clippy::result_large_err, reason = "a refusal is an answer, with its headers")]
fn presenting(shared: &Shared, token: Option<&str>, scope: Scope) -> Result<Agent, Response> {
    let Some(tokens) = &shared.tokens else { return Ok(Agent::new(AgentKind::Anonymous, "loopback")) };
    tokens.agent(token, scope).map_err(|denied| match denied {
        Denied::Unknown => {
            let hint = "send the header `authorization: Bearer TOKEN` with a token from whoever runs this gateway";
            let refusal =
                Refusal::new(StatusCode::UNAUTHORIZED, "unauthorized", "no token, or none that is known", hint);
            let mut response = refusal.into_response();
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
        Denied::Scope => {
            let hint = "events need a token with the scope `write`, the rest one with `read`";
            Refusal::new(StatusCode::FORBIDDEN, "forbidden", "the token is for other things", hint).into_response()
        }
    })
}

/// The topic of this name, if it takes events; else the refusal names the nearest.
pub(super) fn topic(name: &str) -> Result<Topic, Refusal> {
    let found = name.parse().ok().filter(|topic| EVENTS.contains(topic));
    found.ok_or_else(|| {
        let hint = format!("did you mean `{}`? There are {}", nearest_topic(name), topic_names());
        Refusal::new(StatusCode::NOT_FOUND, "unknown_topic", "there is no such topic of events", hint)
    })
}
