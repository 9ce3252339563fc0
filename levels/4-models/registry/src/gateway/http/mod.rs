//! The handlers of the gateway: extract, call, convert.

mod bindings;
mod catalog;
mod definitions;
mod endpoints;
mod secrets;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::Shared;

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    let router = Router::new()
        .route("/secrets/create", post(secrets::create))
        .route("/secrets/get", get(secrets::read))
        .route("/secrets/update", post(secrets::update))
        .route("/secrets/delete", delete(secrets::delete))
        .route("/secrets/list", get(secrets::list))
        .route("/secrets/config", get(secrets::config))
        .route("/model-definitions/create", post(definitions::create))
        .route("/model-definitions/get", get(definitions::read))
        .route("/model-definitions/update", post(definitions::update))
        .route("/model-definitions/delete", delete(definitions::delete))
        .route("/model-definitions/list", get(definitions::list))
        .route("/endpoints/create", post(endpoints::create))
        .route("/endpoints/get", get(endpoints::read))
        .route("/endpoints/update", post(endpoints::update))
        .route("/endpoints/delete", delete(endpoints::delete))
        .route("/endpoints/list", get(endpoints::list))
        .route("/endpoints/models/attach", post(endpoints::attach))
        .route("/endpoints/models/detach", post(endpoints::detach))
        .route("/endpoints/set-tag", post(endpoints::set_tag))
        .route("/endpoints/delete-tag", delete(endpoints::delete_tag))
        .route("/endpoints/bindings/create", post(bindings::create))
        .route("/endpoints/bindings/delete", delete(bindings::delete))
        .route("/endpoints/bindings/list", get(bindings::list))
        .route("/supported-providers", get(catalog::providers))
        .route("/supported-models", get(catalog::models))
        .route("/provider-config", get(catalog::config));
    Router::new().nest("/gateway", router)
}
