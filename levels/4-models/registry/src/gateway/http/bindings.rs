//! The handlers of bindings.

use axum::extract::State;
use serde_json::json;

use crate::gateway::authorship::{Authorship, given};
use crate::gateway::bindings::{self, Binding};
use crate::gateway::endpoints;
use crate::{Answer, Asked, Error, Shared};

pub(super) async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let binding = Binding {
        endpoint: asked.required("endpoint_id")?,
        resource_type: asked.required("resource_type")?,
        resource: None,
        resource_id: asked.required("resource_id")?,
        authorship: Authorship::new(shared.now().millis(), given(&asked, "created_by")?),
    };
    let mut tx = shared.write().await?;
    endpoints::get(&mut tx, &binding.endpoint).await?;
    binding.save(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "binding": binding.to_json() })))
}

pub(super) async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let endpoint = asked.required("endpoint_id")?;
    let (kind, id) = (asked.required("resource_type")?, asked.required("resource_id")?);
    let mut tx = shared.write().await?;
    bindings::delete(&mut tx, &endpoint, &kind, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn list(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let endpoint = given(&asked, "endpoint_id")?;
    let (kind, id) = (given(&asked, "resource_type")?, given(&asked, "resource_id")?);
    let bindings = bindings::list(&mut *shared.read().await?, endpoint, kind, id).await?;
    if bindings.is_empty() {
        return Ok(Answer::empty());
    }
    Ok(Answer(json!({ "bindings": bindings.iter().map(Binding::to_json).collect::<Vec<_>>() })))
}
