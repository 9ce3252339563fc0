//! `GET /artifacts/PATH`: an artifact, or some of it; and `GET /presigned/PATH`: where else it can be had.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    LAST_MODIFIED, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use serde_json::{Value, json};

use super::conditions::{Wanted, wanted};
use super::path_behind;
use crate::disposition::attachment;
use crate::{ArtifactPath, Artifacts, Error, media_type};

/// How long an address leads to an artifact, as MLflow's do.
const ADDRESS_LIVES: Duration = Duration::from_mins(5);

pub(super) async fn download(
    State(artifacts): State<Artifacts>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response<Body>, Error> {
    answer(&artifacts, &path_behind("/artifacts/", &uri)?, &method, &headers).await
}

/// An artifact as the answer to a request of these headers: always as an attachment, of the type that its name tells, so
/// that no browser takes it for a page of this server.
pub async fn answer(
    artifacts: &Artifacts,
    path: &ArtifactPath,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response<Body>, Error> {
    let found = artifacts.find(path).await?;
    let (size, tag, modified) = (found.size, format!("\"{}\"", found.tag), httpdate::fmt_http_date(found.modified));
    let wanted = wanted(headers, size, &tag, &modified);
    let mut response = Response::builder()
        .header(CONTENT_TYPE, media_type::of(path.name()))
        .header(CONTENT_DISPOSITION, attachment(path.name()))
        .header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(CACHE_CONTROL, "no-cache")
        .header(ACCEPT_RANGES, "bytes")
        .header(LAST_MODIFIED, modified)
        .header(ETAG, tag);
    let range = match wanted {
        Wanted::Whole => 0..size,
        Wanted::Part(range) => {
            let told = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            response = response.status(StatusCode::PARTIAL_CONTENT).header(CONTENT_RANGE, told);
            range
        }
        Wanted::Nothing => {
            return finish(response.status(StatusCode::NOT_MODIFIED).body(Body::empty()));
        }
        Wanted::Beyond => {
            let response = response.status(StatusCode::RANGE_NOT_SATISFIABLE);
            return finish(response.header(CONTENT_RANGE, format!("bytes */{size}")).body(Body::empty()));
        }
    };
    let response = response.header(CONTENT_LENGTH, range.end - range.start);
    let body = if method == Method::HEAD { Body::empty() } else { Body::from_stream(found.read(range)) };
    finish(response.body(body))
}

/// All its headers are made here, of what can stand in one.
fn finish(response: Result<Response<Body>, axum::http::Error>) -> Result<Response<Body>, Error> {
    response.map_err(|error| Error::Disk(std::io::Error::other(error)))
}

pub(super) async fn address(State(artifacts): State<Artifacts>, uri: Uri) -> Result<Json<Value>, Error> {
    let path = path_behind("/presigned/", &uri)?;
    if !artifacts.signs() {
        return Err(Error::OnlyS3("Multipart download"));
    }
    address_of(&artifacts, &path).await
}

/// Where else an artifact can be had, as MLflow tells it.
pub(crate) async fn address_of(artifacts: &Artifacts, path: &ArtifactPath) -> Result<Json<Value>, Error> {
    let (url, size) = artifacts.address_to_get(path, ADDRESS_LIVES).await?;
    Ok(Json(json!({"url": url, "headers": {}, "file_size": size})))
}
