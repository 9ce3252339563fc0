//! The artifacts of what the registry knows: of a run, a logged model, a version of a model.
//!
//! Where those lie is asked of the registry's REST API, in the name of whoever asks: so who may see a run may see its
//! artifacts, and nobody else.

mod address;
mod files;
mod listing;
mod owner;
#[cfg(test)]
mod tests;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::Artifacts;

/// What the handlers stand on.
#[derive(Clone)]
struct Stand {
    artifacts: Artifacts,
    /// The registry's REST API.
    api: Arc<Router>,
}

/// Every route of these, to be merged into the server whose REST API is `api`.
pub fn owned(artifacts: Artifacts, api: Router) -> Router {
    let mut router = Router::new()
        .route("/get-artifact", get(files::of_run))
        .route("/model-versions/get-artifact", get(files::of_version))
        // Clients that join an address that ends with a slash and a path that begins with one.
        .route("//model-versions/get-artifact", get(files::of_version))
        .route("/ajax-api/2.0/mlflow/logged-models/{id}/artifacts/files", get(files::of_model))
        .route("/ajax-api/2.0/mlflow/upload-artifact", post(upload::upload))
        .layer(DefaultBodyLimit::max(upload::LARGEST));
    for api in ["api", "ajax-api"] {
        for version in ["2.0", "3.0"] {
            let root = format!("/{api}/{version}/mlflow");
            router = router
                .route(&format!("{root}/artifacts/list"), get(listing::of_run))
                .route(&format!("{root}/artifacts/presigned-upload-url"), post(address::to_put))
                .route(&format!("{root}/artifacts/presigned-download-url"), post(address::to_get))
                .route(&format!("{root}/logged-models/{{id}}/artifacts/directories"), get(listing::of_model));
        }
    }
    router.with_state(Stand { artifacts, api: Arc::new(api) })
}
