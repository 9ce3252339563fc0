//! Versions themselves.

use axum::extract::State;
use serde_json::json;

use super::models::told;
use super::source;
use crate::models::row::Tag;
use crate::models::stage::Stage;
use crate::models::versions::New;
use crate::models::{load, names, prompt, versions, wire};
use crate::webhooks::event;
use crate::{Answer, Asked, Error, Shared, tracked};

pub(super) async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let source = asked.required("source")?;
    let run_id = asked.text("run_id")?;
    let tags = super::tags::listed(&asked)?;
    let run_link = asked.text("run_link")?.unwrap_or_default();
    let description = asked.text("description")?.unwrap_or_default();
    let model_id = asked.text("model_id")?;
    let is_prompt = prompt::is_prompt(tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())));

    let now = shared.now();
    let mut tx = shared.write().await?;
    let origin = if is_prompt {
        source::of_prompt(&source)?
    } else {
        source::of_model(&mut tx, &source, run_id.as_deref(), model_id.as_deref()).await?
    };
    names::check_model(&name)?;
    names::check_run(&origin.run_id)?;
    for tag in &tags {
        names::check_tag(&tag.key, &tag.value)?;
    }
    let source::Origin { source, storage, run_id, logged_model } = origin;
    let new = New {
        name: &name,
        source: &source,
        storage: &storage,
        run_id: &run_id,
        run_link: &run_link,
        description: &description,
        tags: &tags,
    };
    let version = versions::create(&mut tx, now.millis(), &new).await?;
    if let Some(logged_model) = &logged_model {
        tracked::tell_logged_model(&mut tx, logged_model, &name, version.number).await?;
    }
    tx.commit().await?;

    let description = (!description.is_empty()).then_some(description);
    let number = version.number.to_string();
    if is_prompt {
        let text = version.tags.iter().find(|tag: &&Tag| tag.key == prompt::TEXT).map(|tag| tag.value.as_str());
        let tags = told(&version.tags, &[prompt::IS_PROMPT, prompt::TYPE, prompt::TEXT]);
        let data =
            json!({ "name": name, "version": number, "template": text, "tags": tags, "description": description });
        shared.post.tell(event::PROMPT_VERSION_CREATED, data, now.micros());
    } else {
        let data = json!({
            "name": name, "version": number, "source": source,
            "run_id": (!run_id.is_empty()).then_some(&run_id), "tags": told(&version.tags, &[]),
            "description": description,
        });
        shared.post.tell(event::VERSION_CREATED, data, now.micros());
    }
    Ok(Answer(wire::version_answer(&version)))
}

pub(super) async fn get(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (name, number) = named(&asked)?;
    let mut tx = shared.read().await?;
    Ok(Answer(wire::version_answer(&load::version(&mut tx, &name, number).await?)))
}

/// Where its files lie.
pub(super) async fn download_uri(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.text("name")?.unwrap_or_default();
    let version = asked.text("version")?.unwrap_or_default();
    names::check_model(&name)?;
    let number = names::version(&version)?;
    let mut tx = shared.read().await?;
    let version = load::version(&mut tx, &name, number).await?;
    Ok(Answer(json!({ "artifact_uri": version.storage })))
}

pub(super) async fn update(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (name, number) = named(&asked)?;
    let description = asked.text("description")?;
    let mut tx = shared.write().await?;
    let version = versions::describe(&mut tx, shared.now().millis(), &name, number, description.as_deref()).await?;
    tx.commit().await?;
    Ok(Answer(wire::version_answer(&version)))
}

pub(super) async fn transition(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let version = asked.required("version")?;
    let named = asked.required("stage")?;
    let archive_others = asked.flag("archive_existing_versions")?.unwrap_or_default();
    let stage = Stage::parse(&named)?;
    if archive_others && !stage.is_active() {
        return Err(Error::invalid(format!(
            "Model version transition cannot archive existing model versions because '{named}' is not an Active stage. \
             Valid stages are ['Staging', 'Production']"
        )));
    }
    names::check_model(&name)?;
    let number = names::version(&version)?;
    let mut tx = shared.write().await?;
    let version = versions::transition(&mut tx, shared.now().millis(), &name, number, stage, archive_others).await?;
    tx.commit().await?;
    Ok(Answer(wire::version_answer(&version)))
}

pub(super) async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (name, number) = named(&asked)?;
    let mut tx = shared.write().await?;
    versions::delete(&mut tx, shared.now().millis(), &name, number).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// `name` and `version` of the request.
fn named(asked: &Asked) -> Result<(String, i64), Error> {
    let name = asked.required("name")?;
    let version = asked.required("version")?;
    names::check_model(&name)?;
    Ok((name, names::version(&version)?))
}
