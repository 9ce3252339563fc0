//! A version of a registered model: which one a name stands for, and its files.

use std::path::Path;

use axum::body::BodyDataStream;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::place::{Place, STORE};
use crate::{Error, Question, Tracking};

/// A version. Another that was made after this one was deleted is not equal to it, whatever its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// The registered model.
    pub name: String,
    /// Its number, as MLflow writes it.
    pub version: String,
    /// The run that it came from; empty if none is known.
    #[serde(default)]
    pub run_id: String,
    /// When it was made, in milliseconds since 1970.
    #[serde(rename = "creation_timestamp", default)]
    pub created_ms: i64,
}

#[derive(Deserialize)]
struct VersionAnswer {
    model_version: ModelVersion,
}

#[derive(Deserialize)]
struct PlaceAnswer {
    artifact_uri: String,
}

#[derive(Deserialize)]
struct Listing {
    #[serde(default)]
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    path: String,
    #[serde(default)]
    is_dir: bool,
}

impl Tracking {
    /// What `models:/NAME@ALIAS` stands for; `None` where there is no such model or alias.
    pub async fn resolve(&self, model: &str, alias: &str) -> Result<Option<ModelVersion>, Error> {
        let question = Question::get("registered-models/alias", &[("name", model), ("alias", alias)]);
        match self.told::<VersionAnswer>(question).await {
            Ok(found) => Ok(Some(found.model_version)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lets `models:/NAME@ALIAS` stand for this version from now on.
    pub async fn point(&self, alias: &str, at: &ModelVersion) -> Result<(), Error> {
        let body = json!({ "name": at.name, "alias": alias, "version": at.version });
        self.told::<Value>(Question::post("registered-models/alias", &body).again()).await.map(drop)
    }

    /// The files of a version, by their paths below its folder, in order.
    pub async fn files(&self, version: &ModelVersion) -> Result<Vec<String>, Error> {
        let place = self.place(version).await?;
        let (mut files, mut folders) = (Vec::new(), vec![String::new()]);
        while let Some(folder) = folders.pop() {
            let at = if folder.is_empty() { place.clone() } else { place.join(&folder) };
            let listing: Listing = self.told(Question::get_at(STORE, &[("path", at.path())])).await?;
            for Listed { path: name, is_dir } in listing.files {
                if matches!(name.as_str(), "" | "." | "..") || name.contains(['/', '\\']) {
                    return Err(self.foreign("plain name of a file"));
                }
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if is_dir { folders.push(path) } else { files.push(path) }
            }
        }
        files.sort_unstable();
        Ok(files)
    }

    /// Writes a file of a version to the disk here, if it has no more than so many bytes.
    pub async fn fetch(&self, version: &ModelVersion, file: &str, to: &Path, most: u64) -> Result<(), Error> {
        let place = self.place(version).await?.join(file);
        let question = Question::get_at(&place.address(), &[]);
        let mut body: BodyDataStream = self.asked(question).await?.into_body().into_data_stream();
        let mut here = tokio::fs::File::create(to).await.map_err(Error::disk("create", to))?;
        let mut left = most;
        while let Some(piece) = body.next().await {
            let broken = |cause| Error::Unreachable { server: self.name().to_owned(), cause: Box::new(cause) };
            let piece = piece.map_err(broken)?;
            let length = piece.len() as u64;
            left = left.checked_sub(length).ok_or_else(|| Error::TooLarge { file: file.to_owned(), most })?;
            here.write_all(&piece).await.map_err(Error::disk("write", to))?;
        }
        here.sync_all().await.map_err(Error::disk("write", to))
    }

    async fn place(&self, version: &ModelVersion) -> Result<Place, Error> {
        let asked = [("name", version.name.as_str()), ("version", version.version.as_str())];
        let answer: PlaceAnswer = self.told(Question::get("model-versions/get-download-uri", &asked)).await?;
        Place::of(&answer.artifact_uri)
    }

    /// Makes a registered model, unless there is one of this name.
    pub(crate) async fn make_model(&self, name: &str) -> Result<(), Error> {
        let question = Question::post("registered-models/create", &json!({ "name": name })).again();
        match self.told::<Value>(question).await {
            Err(error) if !error.is_taken() => Err(error),
            _ => Ok(()),
        }
    }

    /// Makes the next version of a registered model.
    pub(crate) async fn make_version(
        &self,
        name: &str,
        source: &str,
        run_id: &str,
        tags: &Value,
    ) -> Result<ModelVersion, Error> {
        let body = json!({ "name": name, "source": source, "run_id": run_id, "tags": tags });
        let made: VersionAnswer = self.told(Question::post("model-versions/create", &body)).await?;
        Ok(made.model_version)
    }
}
