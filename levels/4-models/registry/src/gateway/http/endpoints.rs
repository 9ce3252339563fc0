//! The handlers of endpoints, their models and their tags.

use axum::extract::State;
use serde_json::{Map, json};
use strata_database::Transaction;
use uuid::Uuid;

use crate::gateway::authorship::{Authorship, given};
use crate::gateway::endpoints::{self, Endpoint};
use crate::gateway::mappings::{self, Wanted};
use crate::{Answer, Asked, Error, Shared, experiments};

pub(super) async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (name, by) = (asked.required("name")?, given(&asked, "created_by")?);
    endpoints::check_name(&name)?;
    let models = models(&asked)?;
    if models.is_empty() {
        return Err(Error::missing("model_configs"));
    }
    let experiment = given(&asked, "experiment_id")?;
    let fallback = endpoints::fallback(&asked)?;
    let now = shared.now().millis();
    let mut endpoint = Endpoint {
        id: format!("e-{}", Uuid::new_v4().simple()),
        name,
        routing: routing(&asked)?,
        fallback: fallback.or_else(|| models.iter().any(Wanted::is_fallback).then(Map::new)),
        experiment: None,
        tracked: asked.flag("usage_tracking")?.unwrap_or(true),
        authorship: Authorship::new(now, by.clone()),
    };
    let mut tx = shared.write().await?;
    place(&mut tx, &mut endpoint, experiment, now, &shared.root).await?;
    endpoint.save(&mut tx).await?;
    for model in &models {
        mappings::add(&mut tx, &endpoint.id, model, now, by.as_deref()).await?;
    }
    let json = endpoint.to_json(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "endpoint": json })))
}

/// By its id or by its name.
pub(super) async fn read(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, name) = (given(&asked, "endpoint_id")?, given(&asked, "name")?);
    let mut tx = shared.read().await?;
    let endpoint = match (id, name) {
        (Some(id), None) => endpoints::get(&mut tx, &id).await?,
        (None, Some(name)) => endpoints::by_name(&mut tx, &name).await?,
        _ => return Err(Error::invalid("Exactly one of endpoint_id or name must be provided")),
    };
    Ok(Answer(json!({ "endpoint": endpoint.to_json(&mut tx).await? })))
}

/// What is named is changed; models that are named are all that it has from then on.
pub(super) async fn update(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("endpoint_id")?;
    let (name, by) = (given(&asked, "name")?, given(&asked, "updated_by")?);
    name.as_deref().map_or(Ok(()), endpoints::check_name)?;
    let (models, fallback, routing) = (models(&asked)?, endpoints::fallback(&asked)?, routing(&asked)?);
    let (experiment, tracked) = (given(&asked, "experiment_id")?, asked.flag("usage_tracking")?);
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let mut endpoint = endpoints::get(&mut tx, &id).await?;
    endpoint.name = name.unwrap_or(endpoint.name);
    endpoint.routing = routing.or(endpoint.routing);
    endpoint.tracked = tracked.unwrap_or(endpoint.tracked);
    if experiment.is_some() || tracked == Some(true) {
        place(&mut tx, &mut endpoint, experiment, now, &shared.root).await?;
    }
    if !models.is_empty() {
        mappings::clear(&mut tx, &id).await?;
        for model in &models {
            mappings::add(&mut tx, &id, model, now, by.as_deref()).await?;
        }
        endpoint.fallback = Some(fallback.unwrap_or_default());
    } else if fallback.is_some() {
        endpoint.fallback = fallback;
    }
    endpoint.authorship.change(now, by);
    endpoint.save(&mut tx).await?;
    let json = endpoint.to_json(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "endpoint": json })))
}

pub(super) async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("endpoint_id")?;
    let mut tx = shared.write().await?;
    endpoints::delete(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn list(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let provider = given(&asked, "provider")?;
    let mut tx = shared.read().await?;
    let mut list = Vec::new();
    for endpoint in endpoints::list(&mut tx, provider).await? {
        list.push(endpoint.to_json(&mut tx).await?);
    }
    Ok(if list.is_empty() { Answer::empty() } else { Answer(json!({ "endpoints": list })) })
}

pub(super) async fn attach(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, by) = (asked.required("endpoint_id")?, given(&asked, "created_by")?);
    let config = asked.object("model_config")?.ok_or_else(|| Error::missing("model_config"))?;
    let wanted = Wanted::of(&config, "model_config")?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let mut endpoint = endpoints::get(&mut tx, &id).await?;
    let mapping = mappings::add(&mut tx, &id, &wanted, now, by.as_deref()).await?;
    endpoint.authorship.change(now, by);
    endpoint.save(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "mapping": mapping.to_json() })))
}

pub(super) async fn detach(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, definition) = (asked.required("endpoint_id")?, asked.required("model_definition_id")?);
    let mut tx = shared.write().await?;
    endpoints::get(&mut tx, &id).await?;
    mappings::remove(&mut tx, &id, &definition).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn set_tag(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, key) = (asked.required("endpoint_id")?, asked.required("key")?);
    let value = asked.text("value")?.unwrap_or_default();
    let mut tx = shared.write().await?;
    endpoints::set_tag(&mut tx, &id, &key, &value).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn delete_tag(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, key) = (asked.required("endpoint_id")?, asked.required("key")?);
    let mut tx = shared.write().await?;
    endpoints::delete_tag(&mut tx, &id, &key).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

/// Its traces go into the experiment that is named, or into one of its own if they are to be kept.
async fn place(
    tx: &mut Transaction,
    endpoint: &mut Endpoint,
    experiment: Option<String>,
    now: i64,
    root: &str,
) -> Result<(), Error> {
    match experiment {
        Some(id) => endpoint.experiment = Some(experiments::get(tx, &id).await?.id),
        None if endpoint.tracked && endpoint.experiment.is_none() => endpoint.track(tx, now, root).await?,
        None => {}
    }
    Ok(())
}

fn models(asked: &Asked) -> Result<Vec<Wanted>, Error> {
    let configs = asked.objects("model_configs")?;
    configs.iter().enumerate().map(|(at, config)| Wanted::of(config, &format!("model_configs[{at}]"))).collect()
}

/// There is one; another is as if none were named, as protobuf has it.
fn routing(asked: &Asked) -> Result<Option<String>, Error> {
    Ok(asked.text("routing_strategy")?.filter(|strategy| strategy == "REQUEST_BASED_TRAFFIC_SPLIT"))
}
