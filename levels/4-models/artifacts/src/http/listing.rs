//! `GET /artifacts?path=FOLDER`: what is in a folder.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;

use crate::{ArtifactPath, Artifacts, Entry, Error};

/// The list, left out where it is empty, as protobuf's JSON leaves out whatever is.
#[derive(Debug, Serialize)]
pub(super) struct Files {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<File>,
}

/// A file or folder, as MLflow lists it.
#[derive(Debug, Serialize)]
pub(crate) struct File {
    path: String,
    is_dir: bool,
    #[serde(rename = "file_size", skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

pub(super) async fn list(State(artifacts): State<Artifacts>, RawQuery(query): RawQuery) -> Result<Json<Files>, Error> {
    let query = query.unwrap_or_default();
    let asked = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "path");
    let path = asked.map_or(Ok(ArtifactPath::default()), |(_, path)| ArtifactPath::parse(&path))?;
    let files = artifacts.list(&path).await?.into_iter().map(File::alone).collect();
    Ok(Json(Files { files }))
}

impl File {
    /// By its own name.
    fn alone(entry: Entry) -> Self {
        let is_dir = entry.is_folder();
        // The size of an empty file is 0, and so is left out.
        Self { path: entry.name, is_dir, size: entry.size.filter(|size| *size > 0) }
    }

    /// By its path below the root whose folder it is in.
    pub(crate) fn below(folder: &ArtifactPath, entry: Entry) -> Self {
        let mut file = Self::alone(entry);
        if !folder.is_root() {
            file.path = format!("{}/{}", folder.as_str(), file.path);
        }
        file
    }
}
