//! The HTTP face, as MLflow's clients know it.

mod conditions;
mod download;
mod listing;
mod parts;
mod upload;

use axum::Router;
use axum::http::Uri;
use axum::routing::{get, post};

use crate::{ArtifactPath, Artifacts, InvalidPath};

pub(crate) use download::address_of;
pub use download::answer;
pub(crate) use listing::File;

/// Where the proxied store is, for programs and for MLflow's pages.
const ROOTS: [&str; 2] = ["/api/2.0/mlflow-artifacts", "/ajax-api/2.0/mlflow-artifacts"];

/// Every route of the proxied store, to be merged into a server. Who may come in is the server's to say.
pub fn router(artifacts: Artifacts) -> Router {
    let mut router = Router::new();
    for root in ROOTS {
        let one = get(download::download).put(upload::upload).delete(upload::remove);
        router = router
            .route(&format!("{root}/artifacts"), get(listing::list))
            .route(&format!("{root}/artifacts/"), one.clone())
            .route(&format!("{root}/artifacts/{{*path}}"), one)
            .route(&format!("{root}/presigned/{{*path}}"), get(download::address))
            .route(&format!("{root}/mpu/create/{{*path}}"), post(parts::create))
            .route(&format!("{root}/mpu/complete/{{*path}}"), post(parts::complete))
            .route(&format!("{root}/mpu/abort/{{*path}}"), post(parts::abort));
    }
    router.with_state(artifacts)
}

/// The path behind a route, as it was sent: it is decoded once, here, and as often as it takes.
fn path_behind(route: &str, uri: &Uri) -> Result<ArtifactPath, InvalidPath> {
    let (_, path) = uri.path().split_once(&format!("/mlflow-artifacts{route}")).ok_or(InvalidPath)?;
    ArtifactPath::parse(path)
}
