//! What stands beside the API and asks it: the artifacts, and MLflow's own pages.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use serde_json::json;
use strata_artifacts::Artifacts;
use strata_registry_ui::Pages;

use crate::router::router;
use crate::shared::Shared;
use crate::{Answer, access, audited, promptlab};

/// Every route of the registry. What asks the API in somebody's name is guarded as the API is, and again when it asks.
pub(crate) fn faces(shared: &Shared, artifacts: Artifacts, pages: Option<&Pages>) -> Router {
    let api = router(shared.clone()).merge(about(&artifacts));
    let owned = strata_artifacts::owned(artifacts.clone(), api.clone());
    let owned = owned.merge(promptlab::router(shared.clone(), artifacts.clone(), api.clone()));
    let pages = strata_registry_ui::router(pages, api.clone().merge(owned.clone()));
    let beside = strata_artifacts::router(artifacts).merge(owned).merge(pages);
    let beside = beside
        .layer(from_fn_with_state(shared.clone(), access::guard::guard))
        .layer(from_fn_with_state(shared.clone(), audited::record));
    api.merge(beside)
}

/// What a client may count on, told to everybody.
fn about(artifacts: &Artifacts) -> Router {
    let signs = artifacts.signs();
    let about = move || async move {
        Answer(json!({
            "store_type": "SqlStore",
            "artifact_serving_enabled": true,
            "workspaces_enabled": false,
            "trace_archival_enabled": false,
            "multipart_uploads_enabled": signs,
            "multipart_downloads_enabled": signs,
        }))
    };
    let paths = ["/api/3.0/mlflow/server-info", "/ajax-api/3.0/mlflow/server-info"];
    paths.into_iter().fold(Router::new(), |router, path| router.route(path, get(about)))
}
