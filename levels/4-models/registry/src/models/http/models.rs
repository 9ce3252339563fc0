//! Registered models themselves.

use axum::extract::State;
use serde_json::{Value, json};

use crate::models::row::{Tag, Version};
use crate::models::stage::{STAGES, Stage};
use crate::models::{load, names, prompt, registered, wire};
use crate::webhooks::event;
use crate::{Answer, Asked, Error, Shared};

pub(super) async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let tags = super::tags::listed(&asked)?;
    let description = asked.text("description")?.unwrap_or_default();
    names::check_model(&name)?;
    for tag in &tags {
        names::check_tag(&tag.key, &tag.value)?;
    }
    let now = shared.now();
    let mut tx = shared.write().await?;
    let model = registered::create(&mut tx, now.millis(), &name, &description, &tags).await?;
    tx.commit().await?;

    let (event, hidden): (_, &[&str]) = if model.is_prompt() {
        (event::PROMPT_CREATED, &[prompt::IS_PROMPT, prompt::TYPE])
    } else {
        (event::MODEL_CREATED, &[])
    };
    let data = json!({ "name": name, "tags": told(&model.tags, hidden), "description": description });
    shared.post.tell(event, data, now.micros());
    Ok(Answer(wire::model_answer(&model)))
}

pub(super) async fn get(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    names::check_model(&name)?;
    let mut tx = shared.read().await?;
    Ok(Answer(wire::model_answer(&load::model(&mut tx, &name).await?)))
}

pub(super) async fn update(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let description = asked.text("description")?.unwrap_or_default();
    names::check_model(&name)?;
    let mut tx = shared.write().await?;
    let model = registered::describe(&mut tx, shared.now().millis(), &name, &description).await?;
    tx.commit().await?;
    Ok(Answer(wire::model_answer(&model)))
}

pub(super) async fn rename(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let new_name = asked.required("new_name")?;
    names::check_new_name(&new_name)?;
    names::check_model(&name)?;
    let mut tx = shared.write().await?;
    let model = registered::rename(&mut tx, shared.now().millis(), &name, &new_name).await?;
    tx.commit().await?;
    Ok(Answer(wire::model_answer(&model)))
}

pub(super) async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    names::check_model(&name)?;
    let mut tx = shared.write().await?;
    registered::delete(&mut tx, &name).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// The newest version of each stage, or of those that are named.
pub(super) async fn latest(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let stages = asked.texts("stages")?;
    names::check_model(&name)?;
    let mut tx = shared.read().await?;
    let model = load::model(&mut tx, &name).await?;
    let stages = if stages.is_empty() {
        STAGES.to_vec()
    } else {
        stages.iter().map(|stage| Stage::parse(stage)).collect::<Result<_, _>>()?
    };
    let is_asked = |version: &Version| stages.iter().any(|stage| stage.name() == version.stage);
    let mut versions: Vec<_> = model.latest.into_iter().filter(is_asked).collect();
    for version in &mut versions {
        let aliases = model.aliases.iter().filter(|(_, number)| *number == version.number);
        version.aliases = aliases.map(|(alias, _)| alias.clone()).collect();
    }
    Ok(Answer(wire::versions_answer(&versions, None)))
}

/// Tags as webhooks are told of them.
pub(super) fn told(tags: &[Tag], hidden: &[&str]) -> Value {
    let shown = tags.iter().filter(|tag| !hidden.contains(&tag.key.as_str()));
    shown.map(|tag| (tag.key.clone(), Value::from(tag.value.as_str()))).collect::<serde_json::Map<_, _>>().into()
}
