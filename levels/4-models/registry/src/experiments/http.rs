//! The handlers of experiments: extract, call, convert.

use axum::Router;
use axum::extract::State;
use axum::routing::{get as getting, post as posting};
use serde_json::json;

use super::change;
use super::search::search;
use crate::key::{self, check_length};
use crate::{Answer, Asked, Error, Shared};

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/experiments/create", posting(create))
        .route("/experiments/get", getting(get))
        .route("/experiments/get-by-name", getting(get_by_name))
        .route("/experiments/search", getting(search).post(search))
        .route("/experiments/update", posting(update))
        .route("/experiments/delete", posting(delete))
        .route("/experiments/restore", posting(restore))
        .route("/experiments/set-experiment-tag", posting(set_tag))
        .route("/experiments/delete-experiment-tag", posting(delete_tag))
}

async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    check_length("name", NAME_LENGTH, &name)?;
    let location = asked.text("artifact_location")?.filter(|location| !location.is_empty());
    if location.as_ref().is_some_and(|location| location.contains(['#', '?'])) {
        return Err(Error::invalid("'artifact_location' URL can't include fragments or params."));
    }
    let mut tags = Vec::new();
    for tag in asked.objects("tags")? {
        let (key, value) = (tag.required("key")?, tag.text("value")?.unwrap_or_default());
        check_tag(&key, &value)?;
        tags.push((key, value));
    }
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let id = super::create(&mut tx, now, &name, location.as_deref(), &shared.root, &tags).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "experiment_id": id.to_string() })))
}

async fn get(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("experiment_id")?;
    let mut tx = shared.read().await?;
    Ok(Answer(json!({ "experiment": super::get(&mut tx, &id).await?.to_json() })))
}

async fn get_by_name(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("experiment_name")?;
    let mut tx = shared.read().await?;
    Ok(Answer(json!({ "experiment": super::by_name(&mut tx, &name).await?.to_json() })))
}

async fn update(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, name) = (asked.required("experiment_id")?, asked.required("new_name")?);
    check_length("name", NAME_LENGTH, &name)?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    change::rename(&mut tx, now, &id, &name).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("experiment_id")?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    change::delete(&mut tx, now, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn restore(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("experiment_id")?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    change::restore(&mut tx, now, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn set_tag(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, key) = (asked.required("experiment_id")?, asked.required("key")?);
    let value = asked.text("value")?.unwrap_or_default();
    check_tag(&key, &value)?;
    let mut tx = shared.write().await?;
    change::set_tag(&mut tx, &id, &key, &value).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn delete_tag(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, key) = (asked.required("experiment_id")?, asked.required("key")?);
    let mut tx = shared.write().await?;
    change::delete_tag(&mut tx, &id, &key).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

const NAME_LENGTH: usize = 500;
const VALUE_LENGTH: usize = 20_000;

fn check_tag(key: &str, value: &str) -> Result<(), Error> {
    key::check("key", key)?;
    check_length("key", key::LENGTH, key)?;
    check_length("value", VALUE_LENGTH, value)
}
