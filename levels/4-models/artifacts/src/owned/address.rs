//! `POST /artifacts/presigned-...-url`: addresses at S3 for artifacts whose place is S3's own.
//!
//! What is named by an address of the proxied store (`mlflow-artifacts:/...`) has others, of that store.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::{Map, Value, json};

use super::Stand;
use super::owner::{Failure, Owner, missing};
use crate::{ArtifactPath, Error, media_type};

/// As long as S3 lets an address live: seven days.
const LONGEST: u64 = 604_800;

pub(super) async fn to_put(
    State(stand): State<Stand>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let asked = object(&body)?;
    let (run, model) = (text(&asked, "run_id"), text(&asked, "model_id"));
    let path = ArtifactPath::parse(text(&asked, "path").ok_or_else(|| missing("path"))?)?;
    let owner = match (run, model) {
        (Some(id), None) => Owner::Run(id.to_owned()),
        (None, Some(id)) => Owner::Model(id.to_owned()),
        _ => return Err(Error::Request("Exactly one of run_id and model_id must be provided.".to_owned()).into()),
    };
    let within = within(&asked, 900)?;
    let uri = stand.uri(&owner, &headers).await?;
    unless_proxied(&uri, "upload is not supported for", "a direct cloud storage artifact URI")?;
    let path = stand.artifacts.locate(&uri)?.join(&path);
    let address = stand.artifacts.address_to_put(&path, within).await?;
    Ok(Json(json!({"presigned_url": address, "headers": {"Content-Type": media_type::of(path.name())}})))
}

pub(super) async fn to_get(
    State(stand): State<Stand>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let asked = object(&body)?;
    let owner = Owner::Run(text(&asked, "run_id").ok_or_else(|| missing("run_id"))?.to_owned());
    let path = ArtifactPath::parse(text(&asked, "path").ok_or_else(|| missing("path"))?)?;
    let within = within(&asked, 300)?;
    let uri = stand.uri(&owner, &headers).await?;
    unless_proxied(&uri, "download is not supported for runs with", "a run with a direct cloud storage artifact URI")?;
    let path = stand.artifacts.locate(&uri)?.join(&path);
    let (address, size) = stand.artifacts.address_to_get(&path, within).await?;
    Ok(Json(json!({"presigned_url": address, "headers": {}, "file_size": size})))
}

fn unless_proxied(uri: &str, what: &str, required: &str) -> Result<(), Error> {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    if !["http", "https", "mlflow-artifacts"].contains(&scheme) {
        return Ok(());
    }
    Err(Error::Request(format!(
        "Presigned {what} proxied artifact storage (artifact URI scheme: {scheme}). This endpoint requires {required}."
    )))
}

fn within(asked: &Map<String, Value>, by_default: u64) -> Result<Duration, Error> {
    let seconds = match asked.get("expiration") {
        None | Some(Value::Null) => Some(by_default),
        Some(value) => value.as_u64().or_else(|| value.as_str()?.parse().ok()),
    };
    match seconds {
        Some(seconds @ 1..=LONGEST) => Ok(Duration::from_secs(seconds)),
        _ => Err(Error::Request(format!("expiration must be between 1 and {LONGEST} seconds."))),
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    serde_json::from_slice(body).map_err(|_| Error::Request("The request is not an object of JSON".to_owned()))
}

fn text<'a>(asked: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    asked.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}
