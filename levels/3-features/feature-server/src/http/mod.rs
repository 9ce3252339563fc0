//! The HTTP face: thin handlers that extract, call and convert.

mod about;
mod health;
mod online;
mod patient;
mod refusal;
mod states;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use strata_http::guard::{self, Tally};
use strata_http::{method_not_allowed, not_found};
use strata_online_store::OnlineStore;
use strata_runtime::Clock;

use crate::metrics::Metrics;
use crate::{MaxAges, Ready};

pub(crate) use self::about::{__path_index, __path_metrics, __path_openapi, __path_version};
pub(crate) use self::health::{__path_health, __path_livez, __path_readyz};
pub(crate) use self::online::{__path_get_online, __path_post_online};
pub(crate) use self::patient::__path_patient;
pub(crate) use self::states::__path_states;

/// A thousand patients and 120 features take less.
const BODY_BYTES: usize = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(30);

/// What the handlers share.
pub(crate) struct Shared {
    pub(crate) store: OnlineStore,
    pub(crate) ready: Arc<dyn Ready>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) max_ages: MaxAges,
}

/// Every route, behind the guards.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let tally: Arc<dyn Tally> = Arc::<Metrics>::clone(&shared.metrics);
    Router::new()
        .route("/get-online-features", get(online::get_online).post(online::post_online))
        .route("/features/{patient_id}", get(patient::patient))
        .route("/v1/states", get(states::states))
        .route("/health", get(health::health))
        .route("/version", get(about::version))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(about::metrics))
        .route("/openapi.json", get(about::openapi))
        .route("/", get(about::index))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn(guard::only_loopback_names))
        .layer(from_fn(guard::survive_panics))
        .layer(from_fn_with_state(PATIENCE, guard::within))
        .layer(from_fn_with_state(tally, guard::account))
        .with_state(shared)
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("store", &self.store).finish_non_exhaustive()
    }
}
