//! What is in a folder of an owner's, with paths that begin at the owner's root.

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::Stand;
use super::owner::{Failure, Owner, asked, missing, run};
use crate::ArtifactPath;
use crate::http::File;

/// `GET /artifacts/list?run_id=..&path=..`
pub(super) async fn of_run(
    State(stand): State<Stand>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let asked = asked(query.as_deref());
    let owner = run(&asked).ok_or_else(|| missing("run_id"))?;
    stand.list(&owner, asked.get("path").map(String::as_str), &headers).await
}

/// `GET /logged-models/ID/artifacts/directories?artifact_directory_path=..`
pub(super) async fn of_model(
    State(stand): State<Stand>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Failure> {
    let asked = asked(query.as_deref());
    let folder = asked.get("artifact_directory_path").map(String::as_str);
    stand.list(&Owner::Model(id), folder, &headers).await
}

impl Stand {
    async fn list(&self, owner: &Owner, folder: Option<&str>, headers: &HeaderMap) -> Result<Json<Value>, Failure> {
        let folder = ArtifactPath::parse(folder.unwrap_or_default())?;
        let uri = self.uri(owner, headers).await?;
        let root = self.artifacts.locate(&uri)?;
        let entries = self.artifacts.list(&root.join(&folder)).await?;
        if entries.is_empty() {
            return Ok(Json(json!({"root_uri": uri})));
        }
        let files: Vec<File> = entries.into_iter().map(|entry| File::below(&folder, entry)).collect();
        Ok(Json(json!({"root_uri": uri, "files": files})))
    }
}
