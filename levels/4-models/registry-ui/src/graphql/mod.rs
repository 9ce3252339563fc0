//! `POST /graphql`: MLflow's pages ask for runs, experiments and histories of metrics by it.
//!
//! It is the REST API once more, with other names: a question is [read](query) against the [schema], each of its fields at
//! the top is [asked](resolve) of the REST API, and of the answer is [told](project) what was asked for.

mod limits;
mod project;
mod query;
mod resolve;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Map, Value, json};

use resolve::Api;

/// Errors are told in the answer, whose status is 200, as GraphQL has it and MLflow's pages expect it.
pub(crate) async fn answer(State(api): State<Arc<Router>>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(Value::Object(asked)) = serde_json::from_slice(&body) else {
        let error = json!({"error_code": "INVALID_PARAMETER_VALUE", "message": "The request is not an object of JSON"});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    };
    let text = |name: &str| asked.get(name).and_then(Value::as_str);
    let variables = asked.get("variables").and_then(Value::as_object).cloned().unwrap_or_default();
    let fields = query::read(text("query").unwrap_or_default(), text("operationName"), &variables);
    let fields = match fields {
        Ok(fields) => fields,
        Err(error) => return Json(json!({"data": null, "errors": [error.to_string()]})).into_response(),
    };
    let mut api = Api::new(&api, &headers);
    let mut data = Map::new();
    let mut errors = Vec::new();
    for field in &fields {
        let value = api.resolve(field).await.unwrap_or_else(|error| {
            errors.push(Value::from(error));
            Value::Null
        });
        data.insert(field.key.clone(), value);
    }
    let errors = if errors.is_empty() { Value::Null } else { errors.into() };
    Json(json!({"data": data, "errors": errors})).into_response()
}
