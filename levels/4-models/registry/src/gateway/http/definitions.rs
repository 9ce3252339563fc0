//! The handlers of model definitions.

use axum::extract::State;
use serde_json::json;
use uuid::Uuid;

use crate::gateway::authorship::{Authorship, given};
use crate::gateway::definitions::{self, Definition};
use crate::gateway::secrets;
use crate::{Answer, Asked, Error, Shared};

pub(super) async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (name, secret) = (asked.required("name")?, asked.required("secret_id")?);
    let (provider, model) = (asked.required("provider")?, asked.required("model_name")?);
    let by = given(&asked, "created_by")?;
    let mut tx = shared.write().await?;
    let secret = secrets::get(&mut tx, &secret).await?;
    let definition = Definition {
        id: format!("d-{}", Uuid::new_v4().simple()),
        name,
        secret: Some(secret.id),
        secret_name: Some(secret.name),
        provider,
        model,
        authorship: Authorship::new(shared.now().millis(), by),
    };
    definition.save(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "model_definition": definition.to_json() })))
}

pub(super) async fn read(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("model_definition_id")?;
    let definition = definitions::get(&mut *shared.read().await?, &id).await?;
    Ok(Answer(json!({ "model_definition": definition.to_json() })))
}

/// What is named is changed.
pub(super) async fn update(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("model_definition_id")?;
    let (name, secret, model) = (given(&asked, "name")?, given(&asked, "secret_id")?, given(&asked, "model_name")?);
    let (provider, by) = (given(&asked, "provider")?, given(&asked, "updated_by")?);
    let mut tx = shared.write().await?;
    let mut definition = definitions::get(&mut tx, &id).await?;
    if let Some(secret) = secret {
        let secret = secrets::get(&mut tx, &secret).await?;
        (definition.secret, definition.secret_name) = (Some(secret.id), Some(secret.name));
    }
    definition.name = name.unwrap_or(definition.name);
    definition.model = model.unwrap_or(definition.model);
    definition.provider = provider.unwrap_or(definition.provider);
    definition.authorship.change(shared.now().millis(), by);
    definition.save(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "model_definition": definition.to_json() })))
}

pub(super) async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("model_definition_id")?;
    let mut tx = shared.write().await?;
    definitions::delete(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn list(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (provider, secret) = (given(&asked, "provider")?, given(&asked, "secret_id")?);
    let definitions = definitions::list(&mut *shared.read().await?, provider, secret).await?;
    if definitions.is_empty() {
        return Ok(Answer::empty());
    }
    Ok(Answer(json!({ "model_definitions": definitions.iter().map(Definition::to_json).collect::<Vec<_>>() })))
}
