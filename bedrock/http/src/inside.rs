//! Asking a router of this process, in the name of whoever asked this one.
//!
//! A face that stands on another face asks it as its own clients would, so that who may do what is decided in one place.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tower_service::Service;

/// What says who asks, from where, and in which workspace.
const PASSED_ON: [HeaderName; 5] = [AUTHORIZATION, COOKIE, HOST, ORIGIN, HeaderName::from_static("x-mlflow-workspace")];

/// A router and who asks it.
#[derive(Clone, Copy, Debug)]
pub struct Inside<'a> {
    router: &'a Router,
    headers: &'a HeaderMap,
}

impl<'a> Inside<'a> {
    /// The router, to be asked as the sender of these headers.
    pub fn new(router: &'a Router, headers: &'a HeaderMap) -> Self {
        Self { router, headers }
    }

    /// What `GET` of an address answers, read as JSON, or the answer as it is when it is no success.
    pub async fn get(&self, address: &str) -> Result<Value, Refused> {
        self.ask(Request::get(address).body(Body::empty())).await
    }

    /// The same of a `POST` of JSON.
    pub async fn post(&self, address: &str, body: &Value) -> Result<Value, Refused> {
        let request = Request::post(address).header(CONTENT_TYPE, "application/json");
        self.ask(request.body(body.to_string().into())).await
    }

    async fn ask(&self, request: Result<Request, axum::http::Error>) -> Result<Value, Refused> {
        let broken = |error: &axum::Error| {
            let answer = (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
            Refused(Box::new(answer.into_response()))
        };
        let mut request = request.map_err(|error| broken(&axum::Error::new(error)))?;
        for name in &PASSED_ON {
            if let Some(value) = self.headers.get(name) {
                request.headers_mut().insert(name, value.clone());
            }
        }
        let answered: Result<Response, Infallible> = self.router.clone().call(request).await;
        let Ok(answer) = answered;
        if answer.status() != StatusCode::OK {
            return Err(Refused(Box::new(answer)));
        }
        let body = to_bytes(answer.into_body(), usize::MAX).await.map_err(|error| broken(&error))?;
        Ok(serde_json::from_slice(&body).unwrap_or_default())
    }
}

/// An answer that is no success, as it was given.
#[derive(Debug)]
pub struct Refused(Box<Response>);

impl Refused {
    /// The answer, to be passed on.
    pub fn into_response(self) -> Response {
        *self.0
    }

    /// What its JSON says under a name, or else its status.
    pub async fn text(self, name: &str) -> String {
        let status = self.0.status();
        let body = to_bytes(self.0.into_body(), usize::MAX).await.unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        body[name].as_str().map_or_else(|| format!("the answer is {status}"), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use axum::Json;
    use axum::routing::{get, post};
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn it_asks_as_whoever_asked() {
        let router = Router::new()
            .route(
                "/who",
                get(async |headers: HeaderMap| match headers.get(AUTHORIZATION) {
                    Some(who) => Ok(Json(json!({"who": who.to_str().unwrap()}))),
                    None => Err((StatusCode::UNAUTHORIZED, Json(json!({"message": "nobody"})))),
                }),
            )
            .route("/echo", post(async |Json(body): Json<Value>| Json(body)));
        let (nobody, mut me) = (HeaderMap::new(), HeaderMap::new());
        me.insert(AUTHORIZATION, "me".parse().unwrap());
        assert_eq!(Inside::new(&router, &me).get("/who").await.unwrap(), json!({"who": "me"}));
        assert_eq!(Inside::new(&router, &me).post("/echo", &json!([1])).await.unwrap(), json!([1]));
        let refused = Inside::new(&router, &nobody).get("/who").await.unwrap_err();
        assert_eq!(refused.text("message").await, "nobody");
        let refused = Inside::new(&router, &nobody).get("/nothing").await.unwrap_err();
        assert_eq!(refused.into_response().status(), StatusCode::NOT_FOUND);
    }
}
