//! Who may do what, and to which topic.

use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use strata_audit::{Agent, AgentKind};
use strata_http::Refusal;
use strata_types::Topic;

use super::Shared;
use crate::intake::{EVENTS, nearest_topic, topic_names};
use crate::tokens::{Denied, Scope};

/// Who asks, if they may: whoever holds a token for it, or, where no tokens are asked for, whoever is on this machine.
#[expect(clippy::result_large_err, reason = "a refusal is an answer, with its headers")]
pub(super) fn agent(shared: &Shared, headers: &HeaderMap, scope: Scope) -> Result<Agent, Response> {
    let Some(tokens) = &shared.tokens else { return Ok(Agent::new(AgentKind::Anonymous, "loopback")) };
    let value = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = value.and_then(|value| value.split_once(' ')).filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
    tokens.agent(bearer.map(|(_, token)| token.trim()), scope).map_err(|denied| match denied {
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
