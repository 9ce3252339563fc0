//! The HTTP face: thin handlers that extract, call and convert.

mod about;
mod account;
mod admission;
mod delivery;
mod events;
mod fhir;
mod health;
mod stop;
mod stream;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use strata_audit::Audit;
use strata_http::guard::{self, Tally};
use strata_http::{method_not_allowed, not_found};
use strata_runtime::Clock;

use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::room::Room;
use crate::seen::Seen;
use crate::tokens::Tokens;
use crate::{Convert, EventLog};

pub(crate) use self::about::{
    __path_front, __path_index, __path_metrics, __path_openapi, __path_schema, __path_version,
};
pub(crate) use self::events::{__path_events, __path_validate};
pub(crate) use self::fhir::__path_fhir;
pub(crate) use self::health::{__path_livez, __path_readyz};

/// What the handlers share.
pub(crate) struct Shared {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) convert: Arc<dyn Convert>,
    pub(crate) audit: Audit,
    /// Whether the last audit record could be written.
    pub(crate) audit_works: Arc<AtomicBool>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) room: Room,
    pub(crate) longest_record: usize,
    pub(crate) longest_body: u64,
}

/// Every route, behind the guards; pages too.
pub(crate) fn router(shared: Arc<Shared>, pages: Option<Router>) -> Router {
    let tally: Arc<dyn Tally> = Arc::<Metrics>::clone(&shared.metrics);
    let mut router = Router::new()
        .route("/v1/events/{topic}", post(events::events))
        .route("/v1/validate", post(events::validate))
        .route("/fhir", post(fhir::fhir))
        .route("/v1/schemas/{topic}", get(about::schema))
        .route("/version", get(about::version))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(about::metrics))
        .route("/openapi.json", get(about::openapi))
        .route("/endpoints", get(about::index))
        // Bodies are streamed, and limited as they are unpacked.
        .layer(DefaultBodyLimit::disable());
    router = match pages {
        Some(pages) => {
            let guarded = pages.layer(from_fn_with_state(Arc::clone(&shared), admission::readers_only));
            router.merge(guarded.with_state(()))
        }
        None => router.route("/", get(about::front)),
    };
    router = router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(guard::only_own_origin));
    // Without tokens it listens on the loopback only; with them, a page that has no token gets nothing anyway, and a
    // proxy in front may have another name.
    if shared.tokens.is_none() {
        router = router.layer(from_fn(guard::only_loopback_names));
    }
    router.layer(from_fn(guard::survive_panics)).layer(from_fn_with_state(tally, guard::account)).with_state(shared)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("tokens", &self.tokens.is_some()).finish_non_exhaustive()
    }
}
