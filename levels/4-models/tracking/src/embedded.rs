//! A registry of this process, asked without a socket.

use std::convert::Infallible;
use std::fmt;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use axum::http::{Request, Response};
use futures::FutureExt;
use futures::future::BoxFuture;
use tower_service::Service;

use crate::{Content, Error, Question, Server};

/// What it is called.
const NAME: &str = "in this process";

pub(crate) struct Embedded(pub(crate) Router);

impl Server for Embedded {
    fn answer(&self, question: Question) -> BoxFuture<'_, Result<Response<Body>, Error>> {
        async move {
            let request = Request::builder().method(question.method).uri(question.address).header(HOST, "localhost");
            let request = match question.content {
                Content::Nothing => request.body(Body::empty()),
                Content::Json(json) => request.header(CONTENT_TYPE, "application/json").body(json.into()),
                Content::File(file) => request.header(CONTENT_LENGTH, file.len()).body(file.into()),
            };
            let request =
                request.map_err(|cause| Error::Unreachable { server: NAME.to_owned(), cause: Box::new(cause) })?;
            let answered: Result<_, Infallible> = self.0.clone().call(request).await;
            let Ok(answer) = answered;
            Ok(answer)
        }
        .boxed()
    }

    fn name(&self) -> &str {
        NAME
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}
