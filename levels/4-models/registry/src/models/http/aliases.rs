//! Names that stand for a version, and can be moved to another.

use axum::extract::State;
use serde_json::json;

use crate::models::{load, names, registered, versions, wire};
use crate::webhooks::event;
use crate::{Answer, Asked, Error, Shared};

pub(super) async fn set(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let alias = asked.required("alias")?;
    let version = asked.required("version")?;
    names::check_model(&name)?;
    names::check_new_alias(&alias)?;
    let number = names::version(&version)?;
    let now = shared.now();
    let mut tx = shared.write().await?;
    versions::set_alias(&mut tx, &name, &alias, number).await?;
    let is_prompt = registered::is_prompt_by_name(&mut tx, &name).await?;
    tx.commit().await?;

    let event = if is_prompt { event::PROMPT_ALIAS_CREATED } else { event::ALIAS_CREATED };
    shared.post.tell(event, json!({ "name": name, "alias": alias, "version": version }), now.micros());
    Ok(Answer::empty())
}

pub(super) async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let alias = asked.required("alias")?;
    names::check_model(&name)?;
    names::check_alias(&alias)?;
    let now = shared.now();
    let mut tx = shared.write().await?;
    versions::delete_alias(&mut tx, &name, &alias).await?;
    let is_prompt = registered::is_prompt_by_name(&mut tx, &name).await?;
    tx.commit().await?;

    let event = if is_prompt { event::PROMPT_ALIAS_DELETED } else { event::ALIAS_DELETED };
    shared.post.tell(event, json!({ "name": name, "alias": alias }), now.micros());
    Ok(Answer::empty())
}

/// The version that it stands for; `latest` always stands for the newest.
pub(super) async fn get(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let alias = asked.required("alias")?;
    names::check_model(&name)?;
    names::check_alias(&alias)?;
    let mut tx = shared.read().await?;
    Ok(Answer(wire::version_answer(&load::by_alias(&mut tx, &name, &alias).await?)))
}
