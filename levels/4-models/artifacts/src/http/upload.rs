//! `PUT` and `DELETE /artifacts/PATH`: an artifact comes, and goes.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{StatusCode, Uri};
use serde_json::{Value, json};

use super::path_behind;
use crate::{Artifacts, Error};

/// The body is the artifact. MLflow's server answers with nothing, and so does this.
pub(super) async fn upload(State(artifacts): State<Artifacts>, request: Request) -> Result<StatusCode, Error> {
    let path = path_behind("/artifacts/", request.uri())?;
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    artifacts.put(&path, length, request.into_body().into_data_stream()).await?;
    Ok(StatusCode::OK)
}

/// A file or a folder; one that is not there has been taken away already.
pub(super) async fn remove(State(artifacts): State<Artifacts>, uri: Uri) -> Result<Json<Value>, Error> {
    artifacts.remove(&path_behind("/artifacts/", &uri)?).await?;
    Ok(Json(json!({})))
}
