//! All routes, in one list.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::shared::Shared;
use crate::{
    access, assessments, audited, evaluation_datasets, experiments, gateway, issues, logged_models, metrics, models,
    runs, scorers, traces, webhooks,
};

/// The MLflow that this is in place of.
pub(crate) const MLFLOW: &str = "3.18.0";

/// Where the API is served; the web pages ask the last two.
const PREFIXES: [&str; 4] = ["/api/2.0", "/api/3.0", "/ajax-api/2.0", "/ajax-api/3.0"];

/// Every route, behind the guard, whose refusals are recorded too.
pub(crate) fn router(shared: Shared) -> Router {
    let api = Router::new().merge(models::http::router()).merge(webhooks::http::router()).merge(access::http::router());
    let api = api.merge(logged_models::http::router()).merge(experiments::http::router()).merge(runs::http::router());
    let api = api.merge(metrics::http::router()).merge(gateway::proxy::router());
    let version_2 = api.clone().merge(traces::http::version_2());
    let version_3 = api.merge(traces::http::version_3()).merge(assessments::http::router());
    let version_3 = version_3.merge(issues::http::router()).merge(scorers::http::router());
    let version_3 = version_3.merge(evaluation_datasets::http::router());
    let version_3 = version_3.merge(gateway::http::router());
    let mut router = Router::new().route("/health", get(async || "OK")).merge(traces::http::otlp());
    router = router.route("/version", get(async || MLFLOW));
    for prefix in PREFIXES {
        let version = if prefix.ends_with("3.0") { version_3.clone() } else { version_2.clone() };
        router = router.nest(&format!("{prefix}/mlflow"), version);
    }
    router
        .layer(from_fn_with_state(shared.clone(), access::guard::guard))
        .layer(from_fn_with_state(shared.clone(), audited::record))
        .with_state(shared)
}
