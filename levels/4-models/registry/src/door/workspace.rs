//! Workspaces, of which there are none: a server without them says so.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, Router};
use serde_json::json;

use crate::access::guard::inner;

const HEADER: &str = "x-mlflow-workspace";

/// The routes of workspaces, which answer that there are none.
pub(super) fn none(router: Router) -> Router {
    ["/api/3.0/mlflow/workspaces", "/ajax-api/3.0/mlflow/workspaces"].into_iter().fold(router, |router, path| {
        router.route(path, any(async || disabled())).route(&format!("{path}/{{name}}"), any(async || disabled()))
    })
}

/// Refuses what is asked of a workspace: it would be answered from everybody's.
pub(super) async fn refuse(request: Request, next: Next) -> Response {
    let named = request.headers().get(HEADER).is_some_and(|name| !name.as_bytes().trim_ascii().is_empty());
    if named && inner(request.uri().path()) != "/mlflow/server-info" { disabled() } else { next.run(request).await }
}

/// With the code of MLflow's, and another status: its client would ask again for minutes where it hears of a 500 or 503.
fn disabled() -> Response {
    let body = json!({
        "error_code": "FEATURE_DISABLED",
        "message": "Workspace APIs are not available: workspaces are not enabled on this server",
        "sqlstate": "KAM00",
        "error_class": "FEATURE_DISABLED",
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
