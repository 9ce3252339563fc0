//! The spans of a trace as a file, which is how MLflow's pages and older clients read them.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::traces::load;
use crate::{Asked, Error, Shared};

/// All spans that there are, in MLflow's own JSON.
pub(super) async fn get(State(shared): State<Shared>, asked: Asked) -> Result<Response, Error> {
    let id = asked.text("request_id")?.filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Error::invalid("Request must include the \"request_id\" query parameter."))?;
    let mut tx = shared.read().await?;
    let info = load::info(&mut tx, &id).await?;
    if !load::has_spans_here(&info) {
        return Err(Error::does_not_exist(format!("Trace data of the trace with ID '{id}' is not in this store.")));
    }
    let spans = load::spans(&mut tx, std::slice::from_ref(&id)).await?.remove(&id).unwrap_or_default();
    let headers = [(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, "attachment; filename=traces.json")];
    Ok((headers, json!({ "spans": spans }).to_string()).into_response())
}
