//! Whose artifacts are meant, and where they lie.

use std::collections::HashMap;

use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use strata_http::{Inside, Refused};
use url::form_urlencoded::{Serializer, parse};

use super::Stand;
use crate::{ArtifactPath, Error};

/// Whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Run(String),
    Model(String),
    Version { name: String, version: String },
}

/// Why there is no answer: for a reason here, or in the registry, which said it itself.
#[derive(Debug)]
pub(super) enum Failure {
    Here(Error),
    Registry(Refused),
}

impl Stand {
    /// The place of the owner's artifacts, as the registry says it.
    pub(super) async fn uri(&self, owner: &Owner, headers: &HeaderMap) -> Result<String, Failure> {
        let query = |pairs: &[(&str, &str)]| Serializer::new(String::new()).extend_pairs(pairs).finish();
        let root = "/api/2.0/mlflow";
        let (address, pointer) = match owner {
            Owner::Run(id) => (format!("{root}/runs/get?{}", query(&[("run_id", id)])), "/run/info/artifact_uri"),
            Owner::Model(id) => {
                let id = percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC);
                (format!("{root}/logged-models/{id}"), "/model/info/artifact_uri")
            }
            Owner::Version { name, version } => {
                let query = query(&[("name", name), ("version", version)]);
                (format!("{root}/model-versions/get-download-uri?{query}"), "/artifact_uri")
            }
        };
        let answer = Inside::new(&self.api, headers).get(&address).await?;
        let uri = answer.pointer(pointer).and_then(Value::as_str);
        uri.map(str::to_owned)
            .ok_or_else(|| Error::Request("The registry names no place of artifacts".to_owned()).into())
    }

    /// The same as a path of this store.
    pub(super) async fn path(&self, owner: &Owner, headers: &HeaderMap) -> Result<ArtifactPath, Failure> {
        let uri = self.uri(owner, headers).await?;
        Ok(self.artifacts.locate(&uri)?)
    }
}

/// What a query says, by name.
pub(super) fn asked(query: Option<&str>) -> HashMap<String, String> {
    parse(query.unwrap_or_default().as_bytes()).into_owned().collect()
}

/// The run that a query names, in either of two ways.
pub(super) fn run(asked: &HashMap<String, String>) -> Option<Owner> {
    let named = ["run_id", "run_uuid"].into_iter().find_map(|name| asked.get(name).filter(|id| !id.is_empty()));
    named.map(|id| Owner::Run(id.clone()))
}

pub(super) fn missing(name: &str) -> Error {
    let more = "See the API docs for more information about request parameters.";
    Error::Request(format!("Missing value for required parameter '{name}'. {more}"))
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Here(error.into())
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Registry(refused)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Here(error) => error.into_response(),
            Self::Registry(refused) => refused.into_response(),
        }
    }
}
