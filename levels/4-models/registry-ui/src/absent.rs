//! What MLflow's pages ask for on every server and Strata has not: each is answered so that the pages go on without it.

use axum::Json;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// MLflow's makers are told nothing of how the pages are used.
pub(crate) async fn no_telemetry() -> Json<Value> {
    Json(json!({"disable_ui_telemetry": true, "disable_ui_events": [], "ui_rollout_percentage": 0}))
}

/// What is told nevertheless is not kept.
pub(crate) async fn not_kept() -> Json<Value> {
    Json(json!({"status": "disabled"}))
}

/// No assistant that reads the data.
pub(crate) async fn no_assistant() -> (StatusCode, Json<Value>) {
    let message = "There is no assistant on this server";
    (StatusCode::NOT_FOUND, Json(json!({"error_code": "ENDPOINT_NOT_FOUND", "message": message})))
}
