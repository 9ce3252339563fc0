//! The handlers of scorers: extract, call, convert.

use axum::Router;
use axum::extract::State;
use axum::routing::{delete as deleting, get as getting, post as posting, put as putting};
use serde_json::{Value, json};

use super::scorer::Scorer;
use super::{online, serialized, store};
use crate::{Answer, Asked, Error, Shared, experiments, gateway, traces};

/// Under `/mlflow` of the third version.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/scorers/register", posting(register))
        .route("/scorers/list", getting(list))
        .route("/scorers/versions", getting(versions))
        .route("/scorers/get", getting(get))
        .route("/scorers/delete", deleting(delete))
        .route("/scorers/online-config", putting(put_online))
        .route("/scorers/online-configs", getting(online_of))
}

fn answer(scorers: &[Scorer]) -> Answer {
    if scorers.is_empty() {
        return Answer::empty();
    }
    Answer(json!({ "scorers": scorers.iter().map(Scorer::to_json).collect::<Vec<_>>() }))
}

async fn register(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (experiment, name) = (asked.required("experiment_id")?, asked.required("name")?);
    let text = asked.required("serialized_scorer")?;
    let scorer = serialized::check(&text)?;
    if name.trim().is_empty() {
        return Err(Error::invalid("Scorer name cannot be empty or contain only whitespace."));
    }
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    experiments::active(&mut tx, &experiment).await?;
    // An endpoint is kept by its id: it may be called otherwise tomorrow.
    let endpoint = match serialized::endpoint(&scorer) {
        Some(name) => Some(gateway::endpoint_of(&mut tx, name).await?),
        None => None,
    };
    let text = endpoint.as_deref().map_or(text, |id| serialized::asking(scorer, Some(id)));
    let mut scorer = store::register(&mut tx, now, &experiment, &name, &text).await?;
    if let Some(endpoint) = endpoint {
        gateway::bind_scorer(&mut tx, now, endpoint, &scorer.id).await?;
    }
    store::name_endpoints(&mut tx, std::slice::from_mut(&mut scorer)).await?;
    tx.commit().await?;
    Ok(Answer(scorer.registered()))
}

async fn list(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let one = asked.text("experiment_id")?.filter(|id| !id.is_empty());
    let mut tx = shared.read().await?;
    let scorers = match (one, asked.get("experiment_ids")) {
        (Some(_), Some(_)) => {
            return Err(Error::invalid(
                "Cannot specify both 'experiment_id' and 'experiment_ids'. Use 'experiment_ids' to scope the query to \
                 multiple experiments, or 'experiment_id' to scope it to a single experiment.",
            ));
        }
        (Some(one), None) => store::of_one(&mut tx, &one).await?,
        (None, Some(_)) => {
            let ids = asked.texts("experiment_ids")?;
            let ids = ids.iter().map(|id| experiments::number(id)).collect::<Result<Vec<_>, _>>()?;
            store::of_all(&mut tx, Some(&ids)).await?
        }
        (None, None) => store::of_all(&mut tx, None).await?,
    };
    Ok(answer(&scorers))
}

async fn versions(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (experiment, name) = (asked.required("experiment_id")?, asked.required("name")?);
    let mut tx = shared.read().await?;
    Ok(answer(&store::versions(&mut tx, &experiment, &name).await?))
}

async fn get(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (experiment, name) = (asked.required("experiment_id")?, asked.required("name")?);
    let version = asked.integer("version")?;
    let mut tx = shared.read().await?;
    let scorer = store::get(&mut tx, &experiment, &name, version).await?;
    Ok(Answer(json!({ "scorer": scorer.to_json() })))
}

async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (experiment, name) = (asked.required("experiment_id")?, asked.required("name")?);
    let version = asked.integer("version")?;
    let mut tx = shared.write().await?;
    store::delete(&mut tx, &experiment, &name, version).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn put_online(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (experiment, name) = (asked.required("experiment_id")?, asked.required("name")?);
    let rate = asked.number("sample_rate")?.ok_or_else(|| Error::missing("sample_rate"))?;
    let filter = asked.text("filter_string")?;
    if !(0.0..=1.0).contains(&rate) {
        return Err(Error::invalid(format!("sample_rate must be between 0.0 and 1.0, got {rate}")));
    }
    filter.as_deref().map_or(Ok(()), traces::check_filter)?;

    let mut tx = shared.write().await?;
    let id = store::id(&mut tx, &experiment, &name).await?;
    if rate > 0.0 {
        let scorer = store::get(&mut tx, &experiment, &name, None).await?;
        let scorer: Value = serde_json::from_str(&scorer.serialized).unwrap_or_default();
        if serialized::endpoint(&scorer).is_none() {
            return Err(Error::invalid(format!(
                "Scorer '{name}' does not use a gateway model. Automatic evaluation is only supported for scorers that \
                 use gateway models."
            )));
        }
    }
    online::put(&mut tx, &id, rate, filter.as_deref()).await?;
    let config = online::of(&mut tx, &[id]).await?.pop();
    tx.commit().await?;
    Ok(Answer(json!({ "config": config.map(|config| config.to_json()) })))
}

async fn online_of(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let ids = asked.texts("scorer_ids")?;
    if ids.is_empty() {
        return Err(Error::missing("scorer_ids"));
    }
    let mut tx = shared.read().await?;
    let configs = online::of(&mut tx, &ids).await?;
    Ok(Answer(json!({ "configs": configs.iter().map(online::Online::to_json).collect::<Vec<_>>() })))
}
