//! The JSON body of a request, not yet read.

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use crate::Error;

/// What is taken of a body.
const MOST: usize = 256 * 1024 * 1024;

/// The bytes of a body that says that it is JSON, or is empty.
#[derive(Clone, Debug)]
pub(crate) struct Body(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let fits = is_json(request.headers());
        let bytes = to_bytes(request.into_body(), MOST).await;
        let bytes = bytes.map_err(|error| Error::invalid(format!("the body could not be read: {error}")))?;
        if !bytes.is_empty() && !fits {
            let message = "Bad Request. Content-Type must be one of ['application/json'].";
            return Err(Error::invalid(message));
        }
        Ok(Self(bytes))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}
