//! Who answers MLflow's requests: the one thing in which backends differ.

use std::fmt;

use axum::body::{Body, Bytes};
use axum::http::{Method, Response};
use futures::future::BoxFuture;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use crate::Error;

/// Whatever speaks MLflow's REST API.
pub trait Server: fmt::Debug + Send + Sync {
    /// The answer, whatever its status. It is an error only when there is none.
    fn answer(&self, question: Question) -> BoxFuture<'_, Result<Response<Body>, Error>>;

    /// Where it is, for people.
    fn name(&self) -> &str;
}

/// A request of MLflow's API.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is done.
    pub method: Method,
    /// The path and the query, from `/api` on.
    pub address: String,
    /// What is sent along.
    pub content: Content,
    /// Whether asking twice is as good as asking once.
    pub repeatable: bool,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// JSON.
    Json(Bytes),
    /// An artifact.
    File(Bytes),
}

/// Where the part of the API is that is not about artifacts.
const API: &str = "/api/2.0/mlflow";

impl Question {
    pub(crate) fn get(path: &str, query: &[(&str, &str)]) -> Self {
        Self::get_at(&format!("{API}/{path}"), query)
    }

    pub(crate) fn get_at(path: &str, query: &[(&str, &str)]) -> Self {
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        let address = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        Self { method: Method::GET, address, content: Content::Nothing, repeatable: true }
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        let content = Content::Json(body.to_string().into());
        Self { method: Method::POST, address: format!("{API}/{path}"), content, repeatable: false }
    }

    pub(crate) fn put(address: String, file: Bytes) -> Self {
        Self { method: Method::PUT, address, content: Content::File(file), repeatable: true }
    }

    /// Asking twice is as good as asking once.
    pub(crate) fn again(self) -> Self {
        Self { repeatable: true, ..self }
    }
}
