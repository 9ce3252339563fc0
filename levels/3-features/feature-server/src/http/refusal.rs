//! What this server alone refuses.

use axum::http::StatusCode;
use strata_http::Refusal;
use strata_types::{PatientId, Timestamp};

use super::Shared;
use crate::answer::TooEarly;
use crate::names::{Unknown, VIEW};

/// A request that makes no sense.
pub(super) fn unusable(error: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, error, message, hint)
}

pub(super) fn patient(text: &str) -> Result<PatientId, Refusal> {
    let hint = "it is 1 to 64 letters, digits, `_` or `-`";
    text.parse().map_err(|_| unusable("invalid_patient_id", "a patient_id is no patient id", hint))
}

pub(super) fn time(text: &str) -> Result<Timestamp, Refusal> {
    let hint = "write it like 2026-03-01T12:00:00Z";
    text.parse().map_err(|_| unusable("invalid_timestamp", "as_of is not an RFC 3339 time", hint))
}

pub(super) fn unknown(unknown: Unknown) -> Refusal {
    match unknown {
        Unknown::Feature { nearest } => {
            let hint = format!("did you mean `{nearest}`? `strata features list` names them all");
            unusable("unknown_feature", "there is no such feature", hint)
        }
        Unknown::View => unusable("unknown_view", "there is no such view of features", format!("the view is `{VIEW}`")),
        Unknown::Service => {
            unusable("unknown_feature_service", "there is no such feature service", format!("the service is `{VIEW}`"))
        }
        Unknown::Nothing => {
            let hint = format!("send `features`, such as [\"{VIEW}:hr_last\"], or `feature_service`");
            unusable("no_features", "no feature is asked for", hint)
        }
    }
}

/// The store keeps what vectors as of now take.
pub(super) fn too_early(TooEarly { since }: TooEarly) -> Refusal {
    let message = format!("the online store answers for this patient as of {since} or later");
    unusable("too_early", message, "ask without as_of for now; `strata features --at FILE` answers as of any time")
}

/// The store cannot be read: an error, never an empty answer (fault 46).
pub(super) fn unreadable(error: &strata_online_store::Error) -> Refusal {
    tracing::error!(%error, "the online store cannot be read");
    let hint = "try again; GET /readyz?verbose says what is wrong";
    let message = "the online store cannot be read now";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "store_unreadable", message, hint)
}

/// Refuses while the store is being filled: a patient who is not there yet is not unknown.
pub(super) fn unless_ready(shared: &Shared) -> Result<(), Refusal> {
    let Some(why) = shared.ready.why_not() else { return Ok(()) };
    let hint = "try again in a while; GET /readyz says how far it is";
    Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "not_in_step", why, hint))
}
