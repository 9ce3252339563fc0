//! One file of an owner's, for MLflow's pages.

use std::collections::HashMap;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};

use super::Stand;
use super::owner::{Failure, Owner, asked, missing, run};
use crate::http::{address_of, answer};
use crate::{ArtifactPath, Error};

/// `GET /get-artifact?run_id=..&path=..`
pub(super) async fn of_run(
    State(stand): State<Stand>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let asked = asked(query.as_deref());
    let path = path(&asked, "path")?;
    let owner = run(&asked).ok_or_else(|| missing("run_id"))?;
    stand.file(&owner, &path, &asked, &method, &headers).await
}

/// `GET /model-versions/get-artifact?name=..&version=..&path=..`
pub(super) async fn of_version(
    State(stand): State<Stand>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let asked = asked(query.as_deref());
    let path = path(&asked, "path")?;
    let text = |name: &str| asked.get(name).cloned().ok_or_else(|| missing(name));
    let owner = Owner::Version { name: text("name")?, version: text("version")? };
    stand.file(&owner, &path, &asked, &method, &headers).await
}

/// `GET /logged-models/ID/artifacts/files?artifact_file_path=..`
pub(super) async fn of_model(
    State(stand): State<Stand>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let asked = asked(query.as_deref());
    if asked.get("artifact_file_path").is_none_or(String::is_empty) {
        let message = "Request must include the \"artifact_file_path\" query parameter.";
        return Err(Error::Request(message.to_owned()).into());
    }
    let path = path(&asked, "artifact_file_path")?;
    stand.file(&Owner::Model(id), &path, &asked, &method, &headers).await
}

fn path(asked: &HashMap<String, String>, name: &str) -> Result<ArtifactPath, Error> {
    Ok(ArtifactPath::parse(asked.get(name).ok_or_else(|| missing(name))?)?)
}

impl Stand {
    async fn file(
        &self,
        owner: &Owner,
        path: &ArtifactPath,
        asked: &HashMap<String, String>,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Response, Failure> {
        let path = self.path(owner, headers).await?.join(path);
        // Pages ask first whether they may have it from S3 itself.
        if asked.get("presigned").is_some_and(|presigned| presigned == "true") {
            if !self.artifacts.signs() {
                return Err(Error::OnlyS3("Presigned download").into());
            }
            return Ok(address_of(&self.artifacts, &path).await?.into_response());
        }
        Ok(answer(&self.artifacts, &path, method, headers).await?)
    }
}
