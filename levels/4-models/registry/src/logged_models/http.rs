//! The handlers of logged models: extract, call, convert.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete as removing, get as getting, patch as patching, post as posting};
use serde_json::{Value, json};

use super::change::{self, New};
use super::links;
use super::load;
use super::page::Asking;
use super::search::{self, Order, Search};
use super::status::Status;
use crate::audited::Logged;
use crate::{Answer, Asked, Error, Shared, experiments, names, runs};

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/logged-models", posting(create))
        .route("/logged-models/search", posting(search))
        .route("/logged-models/{model_id}", getting(get).patch(finalize).delete(delete))
        .route("/logged-models/{model_id}/params", posting(log_params))
        .route("/logged-models/{model_id}/tags", patching(set_tags))
        .route("/logged-models/{model_id}/tags/{tag_key}", removing(delete_tag))
        .route("/runs/outputs", posting(log_outputs))
}

async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let experiment = asked.required("experiment_id")?;
    let new = New {
        name: asked.text("name")?.filter(|name| !name.is_empty()),
        kind: asked.text("model_type")?.unwrap_or_default(),
        source_run_id: asked.text("source_run_id")?.unwrap_or_default(),
        params: pairs(&asked, "params")?,
        tags: pairs(&asked, "tags")?,
    };
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let experiment = experiments::active(&mut tx, &experiment).await?;
    let model = change::create(&mut tx, now, experiment.id, &experiment.artifact_location, names::invent, new).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "model": model.to_json() })))
}

async fn get(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let deleted_too = asked.text("allow_deleted")?.is_some_and(|word| word.eq_ignore_ascii_case("true"));
    let mut tx = shared.read().await?;
    let model = if deleted_too { load::any(&mut tx, &id).await? } else { load::model(&mut tx, &id).await? };
    Ok(Answer(json!({ "model": model.to_json() })))
}

async fn finalize(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let status = match asked.get("status") {
        None => return Err(Error::missing("status")),
        Some(Value::Number(number)) => number.as_i64().and_then(Status::of_number),
        Some(Value::String(name)) => Status::of_name(name),
        Some(_) => None,
    };
    let status = status.ok_or_else(|| Error::invalid("Invalid value for parameter 'status' supplied."))?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let model = change::finalize(&mut tx, now, &id, status).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "model": model.to_json() })))
}

async fn delete(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Answer, Error> {
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    change::delete(&mut tx, now, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn log_params(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let params = pairs(&asked, "params")?;
    let mut tx = shared.write().await?;
    change::log_params(&mut tx, &id, &params).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn set_tags(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let tags = pairs(&asked, "tags")?;
    let mut tx = shared.write().await?;
    change::set_tags(&mut tx, &id, tags).await?;
    let model = load::any(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "model": model.to_json() })))
}

async fn delete_tag(State(shared): State<Shared>, Path((id, key)): Path<(String, String)>) -> Result<Answer, Error> {
    let mut tx = shared.write().await?;
    change::delete_tag(&mut tx, &id, &key).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn log_outputs(State(shared): State<Shared>, asked: Asked) -> Result<Logged, Error> {
    let run = asked.required("run_id")?;
    let mut models = Vec::new();
    for model in asked.objects("models")? {
        models.push((model.required("model_id")?, model.integer("step")?.unwrap_or(0)));
    }
    if models.is_empty() {
        return Err(Error::missing("models"));
    }
    let mut tx = shared.write().await?;
    runs::active(&mut tx, &run).await?;
    links::log_outputs(&mut tx, &run, &models).await?;
    tx.commit().await?;
    Ok(Logged::into_run(run).and("models", models.len()))
}

/// How many models a page has where nobody says it.
const PAGE: i64 = 50;

async fn search(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let experiment_ids = asked.texts("experiment_ids")?;
    if experiment_ids.is_empty() {
        return Err(Error::missing("experiment_ids"));
    }
    let mut datasets = Vec::new();
    for dataset in asked.objects("datasets")? {
        let name = dataset.text("dataset_name")?.filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Error::invalid("`dataset_name` in the `datasets` clause must be specified."))?;
        datasets.push((name, dataset.text("dataset_digest")?.filter(|digest| !digest.is_empty())));
    }
    let mut order_by = Vec::new();
    for order in asked.objects("order_by")? {
        order_by.push(Order {
            field: order.text("field_name")?.unwrap_or_default(),
            ascending: order.flag("ascending")?.unwrap_or(true),
            dataset_name: order.text("dataset_name")?.filter(|name| !name.is_empty()),
            dataset_digest: order.text("dataset_digest")?.filter(|digest| !digest.is_empty()),
        });
    }
    let filter = asked.text("filter")?.unwrap_or_default();
    let asking = Asking {
        experiment_ids: json!(experiment_ids),
        filter: (!filter.is_empty()).then(|| filter.clone()),
        order_by: asked.get("order_by").cloned().unwrap_or_default(),
    };
    let offset = match asked.text("page_token")?.filter(|token| !token.is_empty()) {
        Some(token) => asking.offset(&token)?,
        None => 0,
    };
    let limit = asked.integer("max_results")?.filter(|limit| *limit > 0).unwrap_or(PAGE);
    let experiments = experiment_ids.iter().filter_map(|id| id.parse().ok()).collect();
    let search = Search { experiments, filter, datasets, order_by, limit: limit.saturating_add(1), offset };
    let mut tx = shared.read().await?;
    let mut models = search::models(&mut tx, &search).await?;
    let more = models.len() as i64 > limit;
    models.truncate(limit as usize);
    let mut answer = json!({});
    if !models.is_empty() {
        answer["models"] = models.iter().map(super::model::Model::to_json).collect();
    }
    if more {
        answer["next_page_token"] = asking.token(offset + limit).into();
    }
    Ok(Answer(answer))
}

fn pairs(asked: &Asked, name: &str) -> Result<Vec<(String, String)>, Error> {
    let objects = asked.objects(name)?;
    objects
        .iter()
        .map(|pair| Ok((pair.text("key")?.unwrap_or_default(), pair.text("value")?.unwrap_or_default())))
        .collect()
}
