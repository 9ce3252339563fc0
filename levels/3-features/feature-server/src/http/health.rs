//! Whether the server lives, and whether it can answer: `/livez` asks nobody, `/readyz` really reads (faults 43, 59).

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use strata_http::{Check, Readiness};
use strata_types::PatientId;

use super::Shared;

/// Nobody's id: looking for this patient shows whether anybody's timeline could be read.
const NOBODY: &str = "strata-readiness-probe";
/// How long the store may take to say that it does not know nobody.
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

/// Whether vectors can be answered now, with the reasons why not; `?verbose` lists the checks.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    params(("verbose" = Option<bool>, Query, description = "List each check")),
    responses(
        (status = 200, description = "Vectors can be answered", body = Readiness),
        (status = 503, description = "Something stands in the way", body = Readiness),
    ),
)]
pub(crate) async fn readyz(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Readiness {
    let checks = vec![
        Check::new("store readable", unreadable(&shared).await),
        Check::new("in step with the log", shared.ready.why_not()),
    ];
    Readiness::of(checks, query.as_deref())
}

/// The same as `/readyz`, where Feast has it.
#[utoipa::path(
    get,
    path = "/health",
    tag = "health",
    responses(
        (status = 200, description = "Vectors can be answered", body = Readiness),
        (status = 503, description = "Something stands in the way", body = Readiness),
    ),
)]
pub(crate) async fn health(shared: State<Arc<Shared>>, query: RawQuery) -> Readiness {
    readyz(shared, query).await
}

async fn unreadable(shared: &Shared) -> Option<String> {
    let nobody: PatientId = NOBODY.parse().expect("the probe's id has the form of an id");
    match tokio::time::timeout(PATIENCE, shared.store.seen(&nobody)).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(format!("the online store cannot be read: {error}")),
        Err(_) => Some(format!("the online store did not answer within {} s", PATIENCE.as_secs())),
    }
}
