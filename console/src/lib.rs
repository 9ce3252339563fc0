//! One window on all levels: a page that says how every service fares, and the same as JSON.
//!
//! The page is whole without scripts; a small one keeps it live where scripts run. It brings its style with it and loads
//! nothing from anywhere. It is a router for whoever has a port: guards, tokens and the other headers are theirs.

mod page;
mod policy;
mod words;

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use strata_control::StackStatus;

/// What is seen through the window.
pub trait Window: Send + Sync {
    /// How everything fares now. Asked with every view, so it must be quick.
    fn status(&self) -> StackStatus;

    /// What else there is to look at: metrics, descriptions, documents.
    fn links(&self) -> Vec<Link> {
        Vec::new()
    }
}

/// A way to something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose it is, such as `gateway`.
    pub of: String,
    /// What it is, such as `metrics`.
    pub name: String,
    /// Where it is: `http`, `https`, or a path on the server that shows the page. Anything else is shown, not linked.
    pub url: String,
}

/// The page at `/`, and what it is made of at `/status.json`.
pub fn router(window: Arc<dyn Window>) -> Router {
    Router::new().route("/", get(front)).route("/status.json", get(status)).with_state(Shown(window))
}

/// The page, for whoever wants it without a server.
pub fn page(status: &StackStatus, links: &[Link]) -> String {
    page::page(status, links).into_string()
}

#[derive(Clone)]
struct Shown(Arc<dyn Window>);

async fn front(State(Shown(window)): State<Shown>) -> Response {
    let page = page(&window.status(), &window.links());
    ([(CONTENT_SECURITY_POLICY, policy::POLICY.as_str())], Html(page)).into_response()
}

async fn status(State(Shown(window)): State<Shown>) -> Json<StackStatus> {
    Json(window.status())
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").finish_non_exhaustive()
    }
}
