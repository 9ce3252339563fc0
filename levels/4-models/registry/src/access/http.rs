//! The handlers of users and of what they may do: those of MLflow up to 3.11 and those since.

use axum::Router;
use axum::extract::State;
use axum::routing::{delete, get, patch, post};
use serde_json::{Value, json};
use strata_config::Secret;
use strata_database::Transaction;

use super::grants::{self, Kind};
use super::level::Level;
use super::users::{self, User};
use super::{guard, password};
use crate::{Answer, Asked, Error, Shared};

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/users/create", post(create))
        .route("/users/get", get(read))
        .route("/users/current", get(current))
        .route("/users/list", get(list))
        .route("/users/update-password", patch(update_password))
        .route("/users/update-admin", patch(update_admin))
        .route("/users/delete", delete(remove))
        .route("/users/tokens/create", post(create_token))
        .route("/users/current/permissions", get(own_permissions))
        .route("/users/permissions/list", get(permissions))
        .route("/users/permissions/get", get(permission))
        .route("/users/permissions/grant", post(grant))
        .route("/users/permissions/revoke", post(revoke))
        .merge(older("experiments", "experiment", "experiment_id", Kind::Experiment))
        .merge(older("registered-models", "registered_model", "name", Kind::Model))
}

/// The routes of one kind, as clients up to 3.11 know them.
fn older(path: &str, word: &'static str, field: &'static str, kind: Kind) -> Router<Shared> {
    let key = Key { word, field, kind };
    let path = |verb| format!("/{path}/permissions/{verb}");
    Router::new()
        .route(&path("create"), post(move |state, asked| set_older(state, asked, key, Was::Absent)))
        .route(&path("update"), patch(move |state, asked| set_older(state, asked, key, Was::There)))
        .route(&path("get"), get(move |state, asked| get_older(state, asked, key)))
        .route(&path("delete"), delete(move |state, asked| delete_older(state, asked, key)))
}

#[derive(Clone, Copy)]
struct Key {
    word: &'static str,
    field: &'static str,
    kind: Kind,
}

/// Whether a grant must be new.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Was {
    Absent,
    There,
}

async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.text("username")?.unwrap_or_default();
    let password = asked.text("password")?.unwrap_or_default();
    if name.is_empty() || password.is_empty() {
        return Err(Error::invalid("Username and password cannot be empty."));
    }
    let hash = hashed(password).await?;
    let mut tx = shared.write().await?;
    let user = users::create(&mut tx, &name, &hash, false).await?;
    let answer = user_json(&mut tx, &user).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "user": answer })))
}

async fn read(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("username")?;
    let mut tx = shared.read().await?;
    let user = users::get(&mut tx, &name).await?;
    Ok(Answer(json!({ "user": user_json(&mut tx, &user).await? })))
}

async fn current(user: User) -> Result<Answer, Error> {
    Ok(Answer(json!({ "user": brief(&user) })))
}

async fn list(State(shared): State<Shared>) -> Result<Answer, Error> {
    let users = users::list(&mut *shared.read().await?).await?;
    Ok(Answer(json!({ "users": users.iter().map(brief).collect::<Vec<_>>() })))
}

async fn update_password(State(shared): State<Shared>, user: User, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("username")?;
    let new = asked.required("password")?;
    if !user.is_admin {
        let current = Secret::new(asked.text("current_password")?.unwrap_or_default());
        let access = shared.access.clone();
        let verify = move || access.is_some_and(|access| access.known.verify(&current, user.password.expose()));
        let right = tokio::task::spawn_blocking(verify).await.unwrap_or_default();
        if !right {
            return Err(Error::invalid("The current password is not right."));
        }
    }
    let hash = hashed(new).await?;
    let mut tx = shared.write().await?;
    users::set_password(&mut tx, &name, &hash).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn update_admin(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("username")?;
    let is_admin = asked.flag("is_admin")?.ok_or_else(|| Error::missing("is_admin"))?;
    let mut tx = shared.write().await?;
    users::set_admin(&mut tx, &name, is_admin).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn remove(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("username")?;
    let mut tx = shared.write().await?;
    users::delete(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// A token for `MLFLOW_TRACKING_TOKEN`, shown this once.
async fn create_token(State(shared): State<Shared>, user: User, asked: Asked) -> Result<Answer, Error> {
    let owner = asked.text("username")?.unwrap_or_else(|| user.name.clone());
    let name = asked.text("name")?.unwrap_or_default();
    let now = shared.now().millis();
    let expires_at = asked.integer("lifetime_seconds")?.map(|seconds| now.saturating_add(seconds.saturating_mul(1000)));
    let mut tx = shared.write().await?;
    let owner = users::get(&mut tx, &owner).await?;
    let token = users::add_token(&mut tx, &owner, &name, now, expires_at).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "token": token.expose(), "expires_at": expires_at })))
}

async fn own_permissions(State(shared): State<Shared>, user: User) -> Result<Answer, Error> {
    let mut tx = shared.read().await?;
    Ok(Answer(listed(&mut tx, &user).await?))
}

async fn permissions(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("username")?;
    let mut tx = shared.read().await?;
    let user = users::get(&mut tx, &name).await?;
    Ok(Answer(listed(&mut tx, &user).await?))
}

/// What a user may do with one thing, granted or by default.
async fn permission(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (name, kind, resource) = resource(&asked)?;
    let mut tx = shared.read().await?;
    let user = users::get(&mut tx, &name).await?;
    let level = if user.is_admin {
        Level::Manage
    } else {
        let default =
            shared.access.as_ref().map_or(Level::Manage, |access: &std::sync::Arc<guard::Access>| access.default);
        grants::get(&mut tx, &user, kind, &resource).await?.unwrap_or(default)
    };
    Ok(Answer(json!({ "allowed": level >= Level::Use, "permission": level.name() })))
}

async fn grant(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (name, kind, resource) = resource(&asked)?;
    let level = Level::parse(&asked.required("permission")?)?;
    let mut tx = shared.write().await?;
    let user = users::get(&mut tx, &name).await?;
    grants::set(&mut tx, &user, kind, &resource, level).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn revoke(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (name, kind, resource) = resource(&asked)?;
    let mut tx = shared.write().await?;
    let user = users::get(&mut tx, &name).await?;
    grants::revoke(&mut tx, &user, kind, &resource).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

fn resource(asked: &Asked) -> Result<(String, Kind, String), Error> {
    let name = asked.required("username")?;
    let kind = Kind::parse(&asked.required("resource_type")?)?;
    Ok((name, kind, asked.required("resource_id")?))
}

async fn set_older(State(shared): State<Shared>, asked: Asked, key: Key, was: Was) -> Result<Answer, Error> {
    let resource = asked.required(key.field)?;
    let name = asked.required("username")?;
    let level = Level::parse(&asked.required("permission")?)?;
    let mut tx = shared.write().await?;
    let user = users::get(&mut tx, &name).await?;
    match (grants::get(&mut tx, &user, key.kind, &resource).await?, was) {
        (Some(_), Was::Absent) => {
            return Err(Error::already_exists(format!("{} already exists.", describe(key, &resource, &name))));
        }
        (None, Was::There) => return Err(missing(key, &resource, &name)),
        _ => {}
    }
    grants::set(&mut tx, &user, key.kind, &resource, level).await?;
    tx.commit().await?;
    Ok(match was {
        Was::Absent => older_answer(key, &user, &resource, level),
        Was::There => Answer::empty(),
    })
}

async fn get_older(State(shared): State<Shared>, asked: Asked, key: Key) -> Result<Answer, Error> {
    let resource = asked.required(key.field)?;
    let name = asked.required("username")?;
    let mut tx = shared.read().await?;
    let user = users::get(&mut tx, &name).await?;
    let level = grants::get(&mut tx, &user, key.kind, &resource).await?;
    Ok(older_answer(key, &user, &resource, level.ok_or_else(|| missing(key, &resource, &name))?))
}

async fn delete_older(State(shared): State<Shared>, asked: Asked, key: Key) -> Result<Answer, Error> {
    let resource = asked.required(key.field)?;
    let name = asked.required("username")?;
    let mut tx = shared.write().await?;
    let user = users::get(&mut tx, &name).await?;
    if !grants::revoke(&mut tx, &user, key.kind, &resource).await? {
        return Err(missing(key, &resource, &name));
    }
    tx.commit().await?;
    Ok(Answer::empty())
}

fn older_answer(key: Key, user: &User, resource: &str, level: Level) -> Answer {
    let field = format!("{}_permission", key.word);
    Answer(json!({ field: { key.field: resource, "user_id": user.id, "permission": level.name() } }))
}

fn missing(key: Key, resource: &str, name: &str) -> Error {
    Error::does_not_exist(format!("{} not found", describe(key, resource, name)))
}

fn describe(key: Key, resource: &str, name: &str) -> String {
    let what = if key.kind == Kind::Experiment { "Experiment" } else { "Registered model" };
    format!("{what} permission with {}={resource} and username={name}", key.field)
}

fn brief(user: &User) -> Value {
    json!({ "id": user.id, "username": user.name, "is_admin": user.is_admin })
}

/// A user with what was granted, as clients read it.
async fn user_json(tx: &mut Transaction, user: &User) -> Result<Value, Error> {
    let grants = grants::list(tx, user).await?;
    let of = |wanted: Kind, field: &str| {
        let grants = grants.iter().filter(|(kind, ..)| *kind == wanted);
        let json = |(_, resource, level): &(Kind, String, Level)| json!({ field: resource, "user_id": user.id, "permission": level.name() });
        grants.map(json).collect::<Vec<_>>()
    };
    Ok(json!({
        "id": user.id,
        "username": user.name,
        "is_admin": user.is_admin,
        "experiment_permissions": of(Kind::Experiment, "experiment_id"),
        "registered_model_permissions": of(Kind::Model, "name"),
    }))
}

async fn listed(tx: &mut Transaction, user: &User) -> Result<Value, Error> {
    let grants = grants::list(tx, user).await?;
    let permissions = grants.iter().map(|(kind, resource, level)| {
        json!({ "resource_type": kind.name(), "resource_id": resource, "permission": level.name() })
    });
    Ok(json!({ "is_admin": user.is_admin, "permissions": permissions.collect::<Vec<_>>() }))
}

/// Hashing takes a while.
async fn hashed(password: String) -> Result<String, Error> {
    let hash = tokio::task::spawn_blocking(move || password::hash(&Secret::new(password))).await;
    hash.map_err(|error| Error::internal(format!("a password could not be hashed: {error}")))?
}
