//! Who may speak to the registry at all, by the names in a request: of the host that is asked, and of the page that asks.
//!
//! Browsers say both truly, whatever a page wants. So a page that lets its own name resolve to this machine (DNS
//! rebinding), and one elsewhere that sends what it cannot read, are kept out, by the rules and variables of MLflow's server.

mod host;
mod origin;
mod settings;
mod workspace;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
pub(crate) use settings::Settings;

use crate::access::guard::inner;

/// Asked by whoever watches over the process, by any name.
const HEALTH: [&str; 2] = ["/health", "/version"];
/// Shown within the pages of notebooks.
const IN_NOTEBOOKS: &str = "/static-files/lib/notebook-trace-renderer";

/// All of the routes, behind the door.
pub(crate) fn door(router: Router, settings: Settings) -> Router {
    let settings = Arc::new(settings);
    let router = workspace::none(router).layer(from_fn(workspace::refuse));
    let router =
        router.layer(origin::answers(&settings.origins)).layer(from_fn_with_state(Arc::clone(&settings), names));
    router.layer(from_fn_with_state(settings, headers))
}

async fn names(State(settings): State<Arc<Settings>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    let host = text(HOST).or_else(|| request.uri().host()).unwrap_or_default();
    if !HEALTH.contains(&inner(request.uri().path())) && !settings.hosts.allow(host) {
        tracing::warn!(host, "a request names a host that this is not; MLFLOW_SERVER_ALLOWED_HOSTS says which it is");
        return refused("Invalid Host header - possible DNS rebinding attack detected");
    }
    if let Some(origin) = text(ORIGIN)
        && !request.method().is_safe()
        && !origin::is_own(origin, host)
        && !settings.origins.allow(origin)
    {
        tracing::warn!(origin, "a page of another origin wants a change; MLFLOW_SERVER_CORS_ALLOWED_ORIGINS lets it");
        return refused("Cross-origin request blocked");
    }
    next.run(request).await
}

fn refused(why: &'static str) -> Response {
    (StatusCode::FORBIDDEN, why).into_response()
}

async fn headers(State(settings): State<Arc<Settings>>, request: Request, next: Next) -> Response {
    let in_notebooks = request.uri().path().starts_with(IN_NOTEBOOKS);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(frames) = settings.frames.clone().filter(|_| !in_notebooks) {
        headers.insert(X_FRAME_OPTIONS, frames);
    }
    response
}
