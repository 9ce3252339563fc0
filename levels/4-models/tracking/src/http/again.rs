//! When a request is sent again.

use std::time::Duration;

use axum::http::StatusCode;

use crate::Question;

/// Before each further try.
pub(super) const WAITS: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// Statuses that pass, and that MLflow's own client waits out.
const PASSING: [StatusCode; 6] = [
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// What may have been done is not asked for twice, unless doing it twice is as good as once.
pub(super) fn worth_it(question: &Question, asked: &reqwest::Result<reqwest::Response>) -> bool {
    match asked {
        // The server put it off.
        Ok(answer) if answer.status() == StatusCode::TOO_MANY_REQUESTS => true,
        Ok(answer) => question.repeatable && PASSING.contains(&answer.status()),
        // Nothing was sent.
        Err(error) if error.is_connect() => true,
        Err(_) => question.repeatable,
    }
}
