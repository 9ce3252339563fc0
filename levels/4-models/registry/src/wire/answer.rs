//! What is answered when all went well.

use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A JSON object. The client takes nothing else, and `{}` for nothing.
#[derive(Clone, Debug)]
pub(crate) struct Answer(pub(crate) Value);

impl Answer {
    /// There is nothing to say.
    pub(crate) fn empty() -> Self {
        Self(json!({}))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}
