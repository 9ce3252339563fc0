//! `POST /upload-artifact`: a small file that somebody wrote in MLflow's pages.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use futures::stream;

use super::Stand;
use super::owner::{Failure, asked, run};
use crate::{ArtifactPath, Error};

/// What pages may send.
pub(super) const LARGEST: usize = 10 << 20;

pub(super) async fn upload(
    State(stand): State<Stand>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, Failure> {
    let refused = |message: &str| Error::Request(message.to_owned());
    let asked = asked(query.as_deref());
    let owner = run(&asked).ok_or_else(|| refused("Request must specify run_id or run_uuid."))?;
    let path = asked.get("path").filter(|path| !path.is_empty());
    let path = ArtifactPath::parse(path.ok_or_else(|| refused("Request must specify path."))?)?;
    let body = body.map_err(|_| refused("Artifact size is too large. Max size is 10MB."))?;
    if body.is_empty() {
        return Err(refused("Request must specify data.").into());
    }
    let path = stand.path(&owner, &headers).await?.join(&path);
    let length = body.len() as u64;
    let body = stream::iter([Ok::<_, std::io::Error>(body)]);
    stand.artifacts.put(&path, Some(length), body).await?;
    Ok([(CONTENT_TYPE, "application/json")])
}
