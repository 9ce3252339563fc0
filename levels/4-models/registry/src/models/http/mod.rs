//! The handlers of models and versions: extract, call, convert.

mod aliases;
mod models;
mod search;
mod source;
mod tags;
mod versions;

use axum::Router;
use axum::routing::{delete, get, patch, post};

use crate::Shared;

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/registered-models/create", post(models::create))
        .route("/registered-models/get", get(models::get))
        .route("/registered-models/update", patch(models::update))
        .route("/registered-models/rename", post(models::rename))
        .route("/registered-models/delete", delete(models::delete))
        .route("/registered-models/search", get(search::models))
        .route("/registered-models/get-latest-versions", get(models::latest).post(models::latest))
        .route("/registered-models/set-tag", post(tags::set_on_model))
        .route("/registered-models/delete-tag", delete(tags::delete_from_model))
        .route("/registered-models/alias", get(aliases::get).post(aliases::set).delete(aliases::delete))
        .route("/model-versions/create", post(versions::create))
        .route("/model-versions/get", get(versions::get))
        .route("/model-versions/get-download-uri", get(versions::download_uri))
        .route("/model-versions/update", patch(versions::update))
        .route("/model-versions/transition-stage", post(versions::transition))
        .route("/model-versions/delete", delete(versions::delete))
        .route("/model-versions/search", get(search::versions))
        .route("/model-versions/set-tag", post(tags::set_on_version))
        .route("/model-versions/delete-tag", delete(tags::delete_from_version))
}
