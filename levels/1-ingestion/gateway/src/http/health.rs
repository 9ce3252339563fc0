//! Whether the gateway lives, and whether it can take events.
//!
//! Two questions with two answers (faults 43, 59): `/livez` asks nobody, so a broken log never has the process killed;
//! `/readyz` really asks, so it is never well with everything behind it dead.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use strata_http::{Check, Readiness};

use super::Shared;

/// How long the log may take to say that it is well.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the process lives; depends on nothing.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "health",
    responses((status = 200, description = "It lives", body = String)),
)]
pub(crate) async fn livez() -> &'static str {
    "ok"
}

/// Whether events can be taken now, with the reasons why not; `?verbose` lists the checks.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    params(("verbose" = Option<bool>, Query, description = "List each check")),
    responses(
        (status = 200, description = "Events can be taken", body = Readiness),
        (status = 503, description = "Something stands in the way", body = Readiness),
    ),
)]
pub(crate) async fn readyz(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Readiness {
    let audit = "the last audit record could not be written: the log of the gateway says why";
    let checks = vec![
        Check::new("log writable", unwritable(&shared).await),
        Check::new("audit writable", (!shared.audit_works.load(Ordering::Relaxed)).then(|| audit.to_owned())),
    ];
    Readiness::of(checks, query.as_deref())
}

/// Why nothing can be appended.
async fn unwritable(shared: &Shared) -> Option<String> {
    match tokio::time::timeout(PATIENCE, shared.log.ready()).await {
        Ok(Ok(())) => None,
        Ok(Err(unavailable)) => Some(unavailable.to_string()),
        Err(_) => Some(format!("the log did not answer within {} s", PATIENCE.as_secs())),
    }
}
