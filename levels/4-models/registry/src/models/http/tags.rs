//! Tags of models and of versions.

use axum::extract::State;
use serde_json::json;

use crate::models::row::Tag;
use crate::models::{load, names, registered, tags};
use crate::webhooks::event;
use crate::{Answer, Asked, Error, Shared, key};

pub(super) async fn set_on_model(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let tag = single(&asked)?;
    names::check_model(&name)?;
    names::check_tag(&tag.key, &tag.value)?;
    let now = shared.now();
    let mut tx = shared.write().await?;
    let id = load::bare_model(&mut tx, &name).await?.id;
    tags::set_on_model(&mut tx, id, &tag).await?;
    let is_prompt = registered::is_prompt_by_name(&mut tx, &name).await?;
    tx.commit().await?;

    if is_prompt {
        let data = json!({ "name": name, "key": tag.key, "value": tag.value });
        shared.post.tell(event::PROMPT_TAG_SET, data, now.micros());
    }
    Ok(Answer::empty())
}

pub(super) async fn delete_from_model(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let key = asked.required("key")?;
    names::check_model(&name)?;
    key::check("key", &key)?;
    let now = shared.now();
    let mut tx = shared.write().await?;
    let id = load::bare_model(&mut tx, &name).await?.id;
    tags::delete_from_model(&mut tx, id, &key).await?;
    let is_prompt = registered::is_prompt_by_name(&mut tx, &name).await?;
    tx.commit().await?;

    if is_prompt {
        shared.post.tell(event::PROMPT_TAG_DELETED, json!({ "name": name, "key": key }), now.micros());
    }
    Ok(Answer::empty())
}

pub(super) async fn set_on_version(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let version = asked.required("version")?;
    let tag = single(&asked)?;
    names::check_model(&name)?;
    let number = names::version(&version)?;
    names::check_tag(&tag.key, &tag.value)?;
    let now = shared.now();
    let mut tx = shared.write().await?;
    let id = load::version(&mut tx, &name, number).await?.id;
    tags::set_on_version(&mut tx, id, &tag).await?;
    let is_prompt = registered::is_prompt_by_name(&mut tx, &name).await?;
    tx.commit().await?;

    let event = if is_prompt { event::PROMPT_VERSION_TAG_SET } else { event::VERSION_TAG_SET };
    let data = json!({ "name": name, "version": version, "key": tag.key, "value": tag.value });
    shared.post.tell(event, data, now.micros());
    Ok(Answer::empty())
}

pub(super) async fn delete_from_version(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let version = asked.required("version")?;
    let key = asked.required("key")?;
    names::check_model(&name)?;
    let number = names::version(&version)?;
    key::check("key", &key)?;
    let now = shared.now();
    let mut tx = shared.write().await?;
    let id = load::version(&mut tx, &name, number).await?.id;
    tags::delete_from_version(&mut tx, id, &key).await?;
    let is_prompt = registered::is_prompt_by_name(&mut tx, &name).await?;
    tx.commit().await?;

    let event = if is_prompt { event::PROMPT_VERSION_TAG_DELETED } else { event::VERSION_TAG_DELETED };
    shared.post.tell(event, json!({ "name": name, "version": version, "key": key }), now.micros());
    Ok(Answer::empty())
}

/// `key` and `value` of the request.
fn single(asked: &Asked) -> Result<Tag, Error> {
    Ok(Tag { key: asked.required("key")?, value: asked.text("value")?.unwrap_or_default() })
}

/// `tags` of the request.
pub(super) fn listed(asked: &Asked) -> Result<Vec<Tag>, Error> {
    let tags = asked.objects("tags")?.into_iter().map(|tag| {
        Ok(Tag { key: tag.text("key")?.unwrap_or_default(), value: tag.text("value")?.unwrap_or_default() })
    });
    tags.collect()
}
