//! `POST /runs/create-promptlab-run`: what a prompt was answered in MLflow's pages, kept as a run that is done.
//!
//! The run has what was asked as its parameters, the answer as a table, and a model that asks the same endpoint the same
//! again. All of it is made of what the API and the store of artifacts can do, in the name of whoever asks.

mod files;
mod trial;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::stream;
use serde_json::json;
use strata_artifacts::{ArtifactPath, Artifacts};
use strata_http::{Inside, Refused};

use crate::{Answer, Asked, Error, Shared};
use trial::Trial;

const ROOT: &str = "/api/2.0/mlflow";

#[derive(Clone)]
struct Stand {
    shared: Shared,
    artifacts: Artifacts,
    api: Arc<Router>,
}

/// The route, to be merged into the server whose REST API is `api`.
pub(crate) fn router(shared: Shared, artifacts: Artifacts, api: Router) -> Router {
    let stand = Stand { shared, artifacts, api: Arc::new(api) };
    Router::new().route("/ajax-api/2.0/mlflow/runs/create-promptlab-run", post(create)).with_state(stand)
}

/// A run that could not be kept whole is answered all the same, as one that failed.
async fn create(State(stand): State<Stand>, headers: HeaderMap, asked: Asked) -> Result<Answer, Failure> {
    let trial = Trial::of(&asked, stand.shared.now().millis())?;
    let api = Inside::new(&stand.api, &headers);
    let made = api.post(&format!("{ROOT}/runs/create"), &trial.run()).await?;
    let info = &made["run"]["info"];
    let text = |name: &str| info[name].as_str().unwrap_or_default().to_owned();
    let (id, place) = (text("run_id"), text("artifact_uri"));
    let status = match stand.keep(&api, &trial, &id, &place).await {
        Ok(()) => "FINISHED",
        Err(failure) => {
            tracing::warn!(run = id, status = %failure.into_response().status(), "a prompt that was tried could not be kept");
            "FAILED"
        }
    };
    let end = json!({ "run_id": id, "status": status, "end_time": stand.shared.now().millis() });
    api.post(&format!("{ROOT}/runs/update"), &end).await?;
    Ok(Answer(api.get(&format!("{ROOT}/runs/get?run_id={id}")).await?))
}

impl Stand {
    /// Keeps what belongs to the run.
    async fn keep(&self, api: &Inside<'_>, trial: &Trial, run_id: &str, place: &str) -> Result<(), Failure> {
        let batch = json!({ "run_id": run_id, "params": trial.params(), "tags": Trial::tags() });
        api.post(&format!("{ROOT}/runs/log-batch"), &batch).await?;
        let model = files::model(trial, run_id, self.shared.now());
        let logged = json!({ "run_id": run_id, "model_json": model.to_string() });
        api.post(&format!("{ROOT}/runs/log-model"), &logged).await?;
        let place = self.artifacts.locate(place)?;
        for (path, text) in files::all(trial, &model) {
            let path = place.join(&ArtifactPath::parse(path).map_err(strata_artifacts::Error::from)?);
            let length = text.len() as u64;
            let text = stream::iter([Ok::<_, std::io::Error>(Bytes::from(text))]);
            self.artifacts.put(&path, Some(length), text).await?;
        }
        Ok(())
    }
}

/// Why there is no such run: for a reason here, in the API, or in the store of artifacts.
enum Failure {
    Here(Error),
    Api(Refused),
    Artifacts(strata_artifacts::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Api(refused)
    }
}

impl From<strata_artifacts::Error> for Failure {
    fn from(error: strata_artifacts::Error) -> Self {
        Self::Artifacts(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Here(error) => error.into_response(),
            Self::Api(refused) => refused.into_response(),
            Self::Artifacts(error) => error.into_response(),
        }
    }
}
