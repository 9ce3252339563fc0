//! The handlers of traces: extract, call, convert.

mod artifact;
mod otlp;
mod read;
mod search;
mod version_2;
mod write;

use axum::Router;
use axum::routing::{get, patch, post};

use crate::{Asked, Error, Shared};

/// Under `/api/2.0/mlflow`.
pub(crate) fn version_2() -> Router<Shared> {
    Router::new()
        .route("/traces", post(version_2::start).get(version_2::search))
        .route("/traces/{trace_id}", patch(version_2::end))
        .route("/traces/{trace_id}/info", get(version_2::info))
        .route("/traces/{trace_id}/tags", patch(write::set_tag).delete(write::delete_tag))
        .route("/traces/delete-traces", post(write::delete))
        .route("/traces/link-to-run", post(write::link_to_run))
        .route("/traces/link-prompts", post(write::link_prompts))
        .route("/get-trace-artifact", get(artifact::get))
}

/// Under `/api/3.0/mlflow`.
pub(crate) fn version_3() -> Router<Shared> {
    Router::new()
        .route("/traces", post(write::start))
        .route("/traces/search", post(search::search))
        .route("/traces/get", get(read::trace))
        .route("/traces/batchGet", get(read::traces))
        .route("/traces/batchGetInfos", post(read::infos))
        .route("/traces/delete-traces", post(write::delete))
        .route("/traces/calculate-filter-correlation", post(search::correlation))
        .route("/traces/metrics", post(search::metrics))
        .route("/traces/{trace_id}", get(read::info))
        .route("/traces/{trace_id}/tags", patch(write::set_tag).delete(write::delete_tag))
        .route("/get-trace-artifact", get(artifact::get))
}

/// Under no prefix: where OpenTelemetry's exporters send spans.
pub(crate) fn otlp() -> Router<Shared> {
    Router::new().route("/v1/traces", post(otlp::export))
}

/// Experiments that cannot be are experiments without traces.
fn experiments(ids: &[String]) -> Vec<i64> {
    ids.iter().filter_map(|id| id.parse().ok()).collect()
}

fn required(asked: &Asked, name: &str) -> Result<Vec<String>, Error> {
    let values = asked.texts(name)?;
    if values.is_empty() { Err(Error::missing(name)) } else { Ok(values) }
}
