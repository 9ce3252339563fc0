//! The pages as files: served as they are, with headers that keep them to this server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{any, get, post};
use tower_http::services::{ServeDir, ServeFile};

use crate::{absent, find, graphql};

/// What the pages may do in a browser: load from and speak to this server alone, whatever is in them. They write styles
/// into themselves and compile code (`Function`) for their charts. HTML artifacts are shown in frames without rights, which
/// take this policy over: what was logged as a report runs its own scripts there, and can tell nobody what it shows.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' data: blob:; worker-src 'self' blob:; \
     frame-src 'self' data: blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
);
/// The names of these files change whenever they do.
const FOR_A_MONTH: HeaderValue = HeaderValue::from_static("public, max-age=2419200");
/// Said where there are no pages to show.
const NOTHING_HERE: &str = "This server speaks MLflow's API: set MLFLOW_TRACKING_URI to its address.

MLflow's web pages are not here, because the Python package `mlflow` was not found. Install it (`pip install mlflow`) where
VIRTUAL_ENV or PATH lead to, or say where it is (`--mlflow-ui PATH`), and start the server again.
";

/// MLflow's pages on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    folder: PathBuf,
}

/// Where a person said the pages are, there are none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` has no pages of MLflow: give the folder of the installed package `mlflow`, or of its environment", .0.display())]
pub struct NoPages(PathBuf);

impl Pages {
    /// Those at a path: the folder `mlflow/server/js/build`, the package it is in, or the environment.
    pub fn at(path: &Path) -> Result<Self, NoPages> {
        find::at(path).map(|folder| Self { folder }).ok_or_else(|| NoPages(path.to_owned()))
    }

    /// Those that are installed, in the active environment or where the programs on the path come from.
    pub fn find() -> Option<Self> {
        let [environment, path, home] = ["VIRTUAL_ENV", "PATH", "HOME"].map(std::env::var_os);
        let folder = find::installed(environment.as_deref(), path.as_deref(), home.as_deref())?;
        Some(Self { folder })
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The version of MLflow that they are of, where it can be told.
    pub fn version(&self) -> Option<String> {
        find::version(&self.folder)
    }
}

/// The pages, and what they alone ask for: GraphQL, answered by asking `api`, and nothing for their makers. To be merged into
/// the server whose API it is.
pub fn router(pages: Option<&Pages>, api: Router) -> Router {
    let page = match pages {
        Some(Pages { folder }) => Router::new()
            .route_service("/", ServeFile::new(folder.join("index.html")))
            .layer(from_fn(page_headers))
            .nest_service(
                "/static-files",
                Router::new().fallback_service(ServeDir::new(folder)).layer(from_fn(file_headers)),
            ),
        None => Router::new().route("/", get(NOTHING_HERE)),
    };
    page.route("/graphql", post(graphql::answer))
        .route("/ajax-api/3.0/mlflow/ui-telemetry", get(absent::no_telemetry).post(absent::not_kept))
        .route("/ajax-api/3.0/mlflow/assistant/{*path}", any(absent::no_assistant))
        .with_state(Arc::new(api))
}

async fn page_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // It names the others, and so must be the one of now.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn file_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let found = matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED | StatusCode::PARTIAL_CONTENT);
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if found {
        headers.insert(CACHE_CONTROL, FOR_A_MONTH);
        // Workers and frames have policies of their own.
        headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::fs;

    use axum::body::{Body, to_bytes};
    use axum::http::HeaderMap;
    use tower_service::Service;

    use super::*;

    async fn get(pages: Option<&Pages>, path: &str) -> (u16, HeaderMap, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router(pages, Router::new()).call(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_pages_are_served_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("build/static/js")).unwrap();
        fs::write(folder.path().join("build/index.html"), "<html>").unwrap();
        fs::write(folder.path().join("build/static/js/main.0af3.js"), "script").unwrap();
        fs::write(folder.path().join("secret"), "secret").unwrap();
        let pages = Pages::at(&folder.path().join("build")).unwrap();

        let (status, headers, body) = get(Some(&pages), "/").await;
        assert_eq!((status, body.as_str()), (200, "<html>"));
        assert_eq!(
            (&headers["content-type"], &headers["cache-control"]),
            (&"text/html".parse().unwrap(), &"no-cache".parse().unwrap())
        );
        assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'self'"));
        let (status, headers, body) = get(Some(&pages), "/static-files/static/js/main.0af3.js").await;
        assert_eq!((status, body.as_str()), (200, "script"));
        assert!(headers["content-type"].to_str().unwrap().starts_with("text/javascript"));
        assert_eq!(headers["cache-control"], "public, max-age=2419200");
        for path in ["nothing", "../secret", "%2e%2e/secret", "..%2fsecret", "static/../../secret"] {
            let (status, headers, body) = get(Some(&pages), &format!("/static-files/{path}")).await;
            assert_eq!((status, body.contains("secret")), (404, false), "{path}");
            assert!(!headers.contains_key("cache-control"), "{path}");
        }
        let (status, _, body) = get(Some(&pages), "/ajax-api/3.0/mlflow/ui-telemetry").await;
        assert!(status == 200 && body.contains("\"disable_ui_telemetry\":true"), "{body}");
    }

    #[tokio::test]
    async fn where_there_are_none_it_says_what_to_do() {
        let (status, _, body) = get(None, "/").await;
        assert!(status == 200 && body.contains("pip install mlflow") && body.contains("--mlflow-ui"), "{body}");
        assert_eq!(get(None, "/static-files/x").await.0, 404);
        let error = Pages::at(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.starts_with("`/nowhere` has no pages of MLflow"), "{error}");
    }
}
