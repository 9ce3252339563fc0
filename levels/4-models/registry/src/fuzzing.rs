//! A way in for the fuzzer (`cargo xtask fuzz registry`): a whole registry on a file, asked without a network.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use strata_runtime::{Scope, clock};
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;

use crate::{Config, StartError, open};

/// A registry that is up.
pub struct Face {
    runtime: Runtime,
    router: Router,
    _scope: Scope,
}

impl Face {
    /// In an empty folder.
    pub fn open(folder: &Path) -> Result<Self, StartError> {
        let failed = |cause| StartError::Io { what: "there are no threads".to_owned(), cause };
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(failed)?;
        let opened = runtime.block_on(open(&Config::new(folder), Arc::new(clock::System)))?;
        let (router, scope) = (opened.router(), Scope::root("registry"));
        let working = scope.clone();
        runtime.block_on(async { scope.spawn("registry", async move { opened.work(&working).await }) });
        Ok(Self { runtime, router, _scope: scope })
    }

    /// Asks what the first line says, a method and an address, with all that is behind it as the body.
    ///
    /// # Panics
    /// Where the answer would let a client ask again for minutes: it is a 5xx, or a 200 that is not JSON.
    pub fn ask(&self, input: &[u8]) {
        let Some(request) = request(input) else { return };
        let (method, address) = (request.method().clone(), request.uri().clone());
        let (status, body) = self.runtime.block_on(async {
            let Ok(response) = self.router.clone().call(request).await;
            (response.status(), to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default())
        });
        let text = String::from_utf8_lossy(&body);
        // What a folder cannot do for artifacts is said so, and clients do it another way.
        let failed = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
        assert!(!failed, "{method} {address}: {status} {text}");
        let is_api = address.path().contains("/mlflow/") && !address.path().contains("artifact");
        let is_json = || serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        assert!(!is_api || status != StatusCode::OK || body.is_empty() || is_json(), "{method} {address}: {text}");
    }
}

/// Webhooks are not asked for: each would look a name up.
fn request(input: &[u8]) -> Option<Request> {
    let end = input.iter().position(|byte| *byte == b'\n')?;
    let (method, address) = std::str::from_utf8(&input[..end]).ok()?.split_once(' ')?;
    let request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?).uri(address);
    let request = request.header(CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(input[end + 1..].to_vec())).ok()?;
    (address.starts_with('/') && !address.contains("webhook")).then_some(request)
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Face").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_are_answered() {
        let folder = tempfile::tempdir().unwrap();
        let face = super::Face::open(folder.path()).unwrap();
        for seed in strata_testkit::fuzz_seeds("registry") {
            assert!(super::request(&seed).is_some(), "{}", String::from_utf8_lossy(&seed));
            face.ask(&seed);
        }
    }
}
