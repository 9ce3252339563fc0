//! The HTTP face: thin handlers that extract, call and convert.

mod about;
mod health;
mod invocations;
mod predict;
mod refusal;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use strata_http::guard::{self, Tally};
use strata_http::{method_not_allowed, not_found};
use strata_runtime::Clock;

use crate::metrics::Metrics;
use crate::prediction_log::PredictionLog;
use crate::{Seat, Vectors};

pub(crate) use self::about::{__path_index, __path_metrics, __path_openapi, __path_version};
pub(crate) use self::health::{__path_health, __path_livez, __path_ping, __path_readyz};
pub(crate) use self::invocations::__path_invocations;
pub(crate) use self::predict::__path_predict;

/// A patient and a time take less than 200 bytes.
const PREDICT_BYTES: usize = 4 * 1024;
/// Ten thousand rows of 120 numbers.
const INVOCATION_BYTES: usize = 16 * 1024 * 1024;

/// As long as `MLflow`'s server gives a request.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the handlers share.
pub(crate) struct Shared {
    pub(crate) record: Arc<dyn Vectors>,
    pub(crate) seat: Seat,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) prediction_log: PredictionLog,
    pub(crate) top_factors: usize,
}

/// Every route, behind the guards.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let tally: Arc<dyn Tally> = Arc::<Metrics>::clone(&shared.metrics);
    Router::new()
        .route("/v1/predict", post(predict::predict).layer(DefaultBodyLimit::max(PREDICT_BYTES)))
        .route("/invocations", post(invocations::invocations).layer(DefaultBodyLimit::max(INVOCATION_BYTES)))
        .route("/ping", get(health::ping))
        .route("/health", get(health::health))
        .route("/version", get(about::version))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(about::metrics))
        .route("/openapi.json", get(about::openapi))
        .route("/", get(about::index))
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
        f.debug_struct("Shared").field("seat", &self.seat).finish_non_exhaustive()
    }
}
