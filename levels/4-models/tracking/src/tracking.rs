//! The handle that training and serving have, and how an answer is read.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::embedded::Embedded;
use crate::http::Http;
use crate::{Credentials, Error, Question, Server};

/// More than any answer that is not an artifact.
const LONGEST: usize = 32 << 20;

/// Where runs and model versions are kept. Clones are the same.
#[derive(Clone, Debug)]
pub struct Tracking(Arc<dyn Server>);

/// How MLflow says no.
#[derive(Default, Deserialize)]
#[serde(default)]
struct No {
    error_code: String,
    message: String,
}

impl Tracking {
    /// In whatever answers.
    pub fn of(server: impl Server + 'static) -> Self {
        Self(Arc::new(server))
    }

    /// In a registry of this process, by its routes.
    pub fn embedded(routes: Router) -> Self {
        Self::of(Embedded(routes))
    }

    /// In the server at a URL, as whoever these are.
    pub fn at(url: &str, credentials: Credentials) -> Result<Self, Error> {
        Ok(Self::of(Http::new(url, credentials)?))
    }

    /// Where it is, for people.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Whether it answers, found out by asking for something that every server has.
    pub async fn check(&self) -> Result<(), Error> {
        let question = Question::get("experiments/search", &[("max_results", "1")]);
        self.told::<serde_json::Value>(question).await.map(drop)
    }

    /// The answer, if it is not no.
    pub(crate) async fn asked(&self, question: Question) -> Result<Response<Body>, Error> {
        let answer = self.0.answer(question).await?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body = self.body(answer).await?;
        let no: No = serde_json::from_slice(&body).unwrap_or_default();
        let message = if no.message.is_empty() { excerpt(&body) } else { no.message };
        let hint = match status {
            StatusCode::UNAUTHORIZED => {
                "; MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, say who asks"
            }
            _ => "",
        };
        let server = self.name().to_owned();
        Err(Error::Refused { server, status: status.as_u16(), code: no.error_code, message, hint })
    }

    /// The answer, read as what it should be.
    pub(crate) async fn told<T: DeserializeOwned>(&self, question: Question) -> Result<T, Error> {
        let answer = self.asked(question).await?;
        let body = self.body(answer).await?;
        serde_json::from_slice(&body).map_err(|_| self.foreign("JSON of the expected form"))
    }

    pub(crate) fn foreign(&self, what: &'static str) -> Error {
        Error::Foreign { server: self.name().to_owned(), what }
    }

    async fn body(&self, answer: Response<Body>) -> Result<axum::body::Bytes, Error> {
        let broken = |cause| Error::Unreachable { server: self.name().to_owned(), cause: Box::new(cause) };
        to_bytes(answer.into_body(), LONGEST).await.map_err(broken)
    }
}

/// The beginning of what a server says that is not MLflow's, such as a proxy's page.
fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(body).split_whitespace().take(30).collect::<Vec<_>>().join(" ")
}
