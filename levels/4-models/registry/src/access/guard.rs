//! Stands before every handler, and after those whose answer says more than may be seen.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::credentials::Credentials;
use super::decide::{Decision, Permissions, decide};
use super::grants::{self, Kind};
use super::level::{Level, Need};
use super::password::Known;
use super::request::Named;
use super::rules::{Rule, Target, rule};
use super::users::{self, User};
use crate::{Error, Shared};

/// What is read of a request before its handler reads it.
pub(crate) const BODY_BYTES: usize = 256 * 1024 * 1024;
const PREFIXES: [&str; 4] = ["/api/2.0", "/api/3.0", "/ajax-api/2.0", "/ajax-api/3.0"];
/// For everybody, known or not.
const OPEN: [&str; 3] = ["/health", "/version", "/mlflow/server-info"];

/// Who checks.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) known: Arc<Known>,
    /// Of what nobody granted anything on.
    pub(crate) default: Level,
}

/// Lets a request pass to its handler, or does not.
pub(crate) async fn guard(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let Some(access) = shared.access.clone() else { return next.run(request).await };
    let path = inner(request.uri().path()).to_owned();
    if OPEN.contains(&path.as_str()) {
        return next.run(request).await;
    }
    let answer = async {
        let Some(user) = identify(&shared, &access, request.headers()).await? else { return Ok(unknown()) };
        let known = user.clone();
        let mut response = checked(&shared, &access, user, &path, request, next).await;
        if let Ok(response) = &mut response {
            // For whoever asks afterwards who it was.
            response.extensions_mut().insert(known);
        }
        response
    };
    answer.await.unwrap_or_else(Error::into_response)
}

async fn checked(
    shared: &Shared,
    access: &Access,
    user: User,
    path: &str,
    request: Request,
    next: Next,
) -> Result<Response, Error> {
    let Rule { target, need } = rule(request.method(), path);
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(user.clone());
    // Files stream through; nothing in them says whose they are.
    let streams = target == Target::Artifact;
    let (bytes, body) = if streams {
        (Bytes::new(), body)
    } else {
        let bytes = to_bytes(body, BODY_BYTES).await;
        let bytes = bytes.map_err(|_| Error::invalid("the body of the request is too large"))?;
        (bytes.clone(), Body::from(bytes))
    };
    let mut named = Named::new(parts.uri.query().unwrap_or_default(), &bytes);
    let mut body = body;
    if !user.is_admin {
        let mut tx = shared.read().await?;
        let permissions = Permissions::of(&mut tx, &user, access.default).await?;
        let rule = Rule { target, need };
        match decide(&mut tx, &permissions, &user, rule, path, &mut named, &parts.headers).await? {
            Decision::Allow => {}
            Decision::Deny => return Ok((StatusCode::FORBIDDEN, "Permission denied").into_response()),
            Decision::Nothing => return Ok(axum::Json(json!({})).into_response()),
        }
        if target == Target::Experiments && parts.method == Method::POST {
            // It may have been narrowed.
            parts.headers.remove(CONTENT_LENGTH);
            body = named.body().map_or_else(Body::empty, |json| Body::from(json.to_string()));
        }
    }
    let method = parts.method.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    after(shared, access, &user, &method, path, &named, response).await
}

/// Whoever makes something manages it; what is gone has no grants; a search shows what may be read.
async fn after(
    shared: &Shared,
    access: &Access,
    user: &User,
    method: &Method,
    path: &str,
    named: &Named,
    response: Response,
) -> Result<Response, Error> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let name = named.all("name").into_iter().next().unwrap_or_default();
    match (method, path) {
        (&Method::POST, "/mlflow/experiments/create") => {
            let (response, json) = read(response).await?;
            if let Some(id) = json.get("experiment_id").and_then(Value::as_str) {
                grant(shared, user, Kind::Experiment, id).await?;
            }
            Ok(response)
        }
        (&Method::POST, "/mlflow/registered-models/create") => {
            grant(shared, user, Kind::Model, &name).await?;
            Ok(response)
        }
        (&Method::DELETE, "/mlflow/registered-models/delete") => {
            let mut tx = shared.write().await?;
            grants::forget(&mut tx, Kind::Model, &name).await?;
            tx.commit().await?;
            Ok(response)
        }
        (&Method::POST, "/mlflow/registered-models/rename") => {
            let new = named.all("new_name").into_iter().next().unwrap_or_default();
            let mut tx = shared.write().await?;
            grants::rename(&mut tx, Kind::Model, &name, &new).await?;
            tx.commit().await?;
            Ok(response)
        }
        _ if user.is_admin => Ok(response),
        (_, "/mlflow/experiments/search") => {
            filter(shared, access, user, response, "experiments", "experiment_id", Kind::Experiment).await
        }
        (_, "/mlflow/registered-models/search") => {
            filter(shared, access, user, response, "registered_models", "name", Kind::Model).await
        }
        (_, "/mlflow/scorers/list") => {
            filter(shared, access, user, response, "scorers", "experiment_id", Kind::Experiment).await
        }
        (_, "/mlflow/scorers/online-configs") => {
            filter(shared, access, user, response, "configs", "experiment_id", Kind::Experiment).await
        }
        (_, "/mlflow/model-versions/search") => {
            filter(shared, access, user, response, "model_versions", "name", Kind::Model).await
        }
        _ => Ok(response),
    }
}

async fn grant(shared: &Shared, user: &User, kind: Kind, resource: &str) -> Result<(), Error> {
    let mut tx = shared.write().await?;
    grants::set(&mut tx, user, kind, resource, Level::Manage).await?;
    tx.commit().await?;
    Ok(())
}

/// Leaves in the list of an answer what may be read. Pages get shorter by it; the token for the next stays.
async fn filter(
    shared: &Shared,
    access: &Access,
    user: &User,
    response: Response,
    list: &str,
    field: &str,
    kind: Kind,
) -> Result<Response, Error> {
    let permissions = Permissions::of(&mut *shared.read().await?, user, access.default).await?;
    let (response, mut json) = read(response).await?;
    if let Some(Value::Array(items)) = json.get_mut(list) {
        items.retain(|item| match item.get(field) {
            Some(Value::String(id)) => permissions.allow(kind, id, Need::Read),
            Some(Value::Number(id)) => permissions.allow(kind, &id.to_string(), Need::Read),
            _ => false,
        });
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    Ok(Response::from_parts(parts, Body::from(json.to_string())))
}

async fn read(response: Response) -> Result<(Response, Value), Error> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| Error::internal(error.to_string()))?;
    let json = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok((Response::from_parts(parts, Body::from(bytes)), json))
}

/// The user whose password or token the request carries.
async fn identify(shared: &Shared, access: &Access, headers: &HeaderMap) -> Result<Option<User>, Error> {
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let Some(credentials) = header.and_then(Credentials::parse) else { return Ok(None) };
    let mut tx = shared.read().await?;
    let (name, password) = match credentials {
        Credentials::Token(token) => return users::by_token(&mut tx, &token, shared.now().millis()).await,
        Credentials::Password { user, password } => (user, password),
    };
    let Some(user) = users::find(&mut tx, &name).await? else { return Ok(None) };
    drop(tx);
    if access.known.is_known(&password, user.password.expose()) {
        return Ok(Some(user));
    }
    let (known, hash) = (Arc::clone(&access.known), user.password.clone());
    let right = tokio::task::spawn_blocking(move || known.verify(&password, hash.expose())).await;
    let right = right.map_err(|error| Error::internal(format!("a password could not be checked: {error}")))?;
    Ok(right.then_some(user))
}

fn unknown() -> Response {
    let text = "You are not authenticated. Please see \
                https://www.mlflow.org/docs/latest/auth/index.html#authenticating-to-mlflow on how to authenticate.";
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Basic realm=\"mlflow\"")], text).into_response()
}

/// The path without its prefix.
pub(crate) fn inner(path: &str) -> &str {
    PREFIXES.into_iter().find_map(|prefix| path.strip_prefix(prefix)).unwrap_or(path)
}

/// The user who asks, put there by the guard.
impl<S: Send + Sync> axum::extract::FromRequestParts<S> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let user = parts.extensions.get::<Self>().cloned();
        user.ok_or_else(|| Error::does_not_exist("this server does not ask who one is: it was started without users"))
    }
}
