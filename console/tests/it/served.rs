//! The router, asked in process.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::executor::block_on;
use sha2::{Digest, Sha256};
use strata_console::{Link, Window, router};
use strata_control::StackStatus;
use tower_service::Service as _;

use crate::stacks::{links, well};

struct Made;

impl Window for Made {
    fn status(&self) -> StackStatus {
        well()
    }

    fn links(&self) -> Vec<Link> {
        links()
    }
}

fn get(path: &str) -> (StatusCode, HeaderMap, String) {
    let mut router = router(Arc::new(Made));
    let request = Request::get(path).body(Body::empty()).unwrap();
    let answer = block_on(router.call(request)).unwrap();
    let (parts, body) = answer.into_parts();
    let bytes = block_on(to_bytes(body, usize::MAX)).unwrap();
    (parts.status, parts.headers, String::from_utf8(bytes.into()).unwrap())
}

/// The policy lets style and script of this page run, by their hashes, and nothing else.
#[test]
fn the_policy_is_that_of_the_page() {
    let (status, headers, page) = get("/");
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let policy = headers["content-security-policy"].to_str().unwrap();
    for (directive, tag) in [("style-src", "style"), ("script-src", "script")] {
        let open = format!("<{tag}>");
        assert_eq!(page.matches(&open).count(), 1);
        let text = page.split_once(&open).unwrap().1.split_once(&format!("</{tag}>")).unwrap().0;
        let hash = STANDARD.encode(Sha256::digest(text));
        assert!(policy.contains(&format!("{directive} 'sha256-{hash}';")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn the_status_is_there_as_json() {
    let (status, headers, body) = get("/status.json");
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (StatusCode::OK, "application/json"));
    assert_eq!(serde_json::from_str::<StackStatus>(&body).unwrap(), well());
    assert_eq!(get("/nothing").0, StatusCode::NOT_FOUND);
}
