//! The handlers of runs: extract, call, convert.

use axum::Router;
use axum::extract::State;
use axum::routing::{get as getting, post as posting};
use serde_json::{Value, json};
use uuid::Uuid;

use super::batch::Batch;
use super::inputs::{self, Input};
use super::search::search;
use super::{Pair, Run, change, run, status, whole};
use crate::audited::Logged;
use crate::logged_models::links;
use crate::{Answer, Asked, Body, Error, Shared, experiments, names};

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/runs/create", posting(create))
        .route("/runs/get", getting(get))
        .route("/runs/update", posting(update))
        .route("/runs/delete", posting(delete))
        .route("/runs/restore", posting(restore))
        .route("/runs/log-parameter", posting(log_param))
        .route("/runs/log-batch", posting(log_batch))
        .route("/runs/log-model", posting(log_model))
        .route("/runs/log-inputs", posting(log_inputs))
        .route("/runs/set-tag", posting(set_tag))
        .route("/runs/delete-tag", posting(delete_tag))
        .route("/runs/search", posting(search))
        .route("/experiments/search-datasets", posting(search_datasets))
}

async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    // Who names no experiment means the first.
    let experiment = asked.text("experiment_id")?.filter(|id| !id.is_empty()).unwrap_or_else(|| "0".to_owned());
    let mut tags = Vec::new();
    for tag in asked.objects("tags")? {
        tags.push(Pair::tag(&tag, "")?);
    }
    let name = asked.text("run_name")?.filter(|name| !name.is_empty());
    let tagged = tags.iter().find(|tag| tag.key == change::NAME).map(|tag| tag.value.clone());
    if let (Some(name), Some(tagged)) = (&name, &tagged)
        && name != tagged
    {
        return Err(Error::invalid(format!(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values \
             (run_name='{name}', mlflow.runName='{tagged}')."
        )));
    }
    let name = name.or(tagged.filter(|name| !name.is_empty())).unwrap_or_else(names::invent);
    if !tags.iter().any(|tag| tag.key == change::NAME) {
        tags.push(Pair { key: change::NAME.to_owned(), value: name.clone() });
    }
    let id = Uuid::new_v4().simple().to_string();
    let (user_id, started_at) = (asked.text("user_id")?.unwrap_or_default(), asked.integer("start_time")?);
    let mut tx = shared.write().await?;
    let experiment = experiments::active(&mut tx, &experiment).await?;
    let new = Run {
        number: 0,
        experiment_id: experiment.id,
        name,
        user_id,
        status: "RUNNING".to_owned(),
        started_at: Some(started_at.unwrap_or(0)),
        ended_at: None,
        artifact_uri: format!("{}/{id}/artifacts", experiment.artifact_location.trim_end_matches('/')),
        lifecycle_stage: run::ACTIVE.to_owned(),
        id,
    };
    let run = change::create(&mut tx, new, &tags).await?;
    let answer = one(whole(&mut tx, &[run]).await?);
    tx.commit().await?;
    Ok(answer)
}

fn one(mut runs: Vec<Value>) -> Answer {
    Answer(json!({ "run": runs.pop() }))
}

async fn get(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = id(&asked)?;
    let mut tx = shared.read().await?;
    let run = run::get(&mut tx, &id).await?;
    Ok(one(whole(&mut tx, &[run]).await?))
}

async fn update(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = id(&asked)?;
    let (status, ended_at) = (status::of(&asked)?, asked.integer("end_time")?);
    let name = asked.text("run_name")?.filter(|name| !name.is_empty());
    let mut tx = shared.write().await?;
    let mut run = run::active(&mut tx, &id).await?;
    run.status = status.map_or(run.status, str::to_owned);
    run.ended_at = ended_at.or(run.ended_at);
    run.name = name.unwrap_or(run.name);
    change::update(&mut tx, &run).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "run_info": run.info() })))
}

async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = id(&asked)?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let run = run::get(&mut tx, &id).await?;
    change::delete(&mut tx, &run, now).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn restore(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = id(&asked)?;
    let mut tx = shared.write().await?;
    let run = run::get(&mut tx, &id).await?;
    change::restore(&mut tx, &run).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn log_param(State(shared): State<Shared>, asked: Asked) -> Result<Logged, Error> {
    let id = id(&asked)?;
    let param = Pair::param(&asked, "")?;
    let mut tx = shared.write().await?;
    let run = run::active(&mut tx, &id).await?;
    change::log_params(&mut tx, &run, &[param]).await?;
    tx.commit().await?;
    Ok(Logged::into_run(id).and("params", 1))
}

async fn log_batch(State(shared): State<Shared>, Body(body): Body) -> Result<Logged, Error> {
    let batch = Batch::of(&body)?;
    let logged = batch.logged();
    batch.log(&shared).await?;
    Ok(logged)
}

async fn log_model(State(shared): State<Shared>, asked: Asked) -> Result<Logged, Error> {
    let (id, text) = (id(&asked)?, asked.required("model_json")?);
    let malformed = || Error::invalid(format!("Malformed model info. \n {text} \n is not a valid JSON."));
    let model: Value = serde_json::from_str(&text).map_err(|_| malformed())?;
    let fields = model.as_object().ok_or_else(malformed)?;
    let needed = ["artifact_path", "flavors", "utc_time_created", "run_id"];
    let missing: Vec<String> =
        needed.into_iter().filter(|name| !fields.contains_key(*name)).map(|name| format!("'{name}'")).collect();
    if !missing.is_empty() {
        return Err(Error::invalid(format!("Model json is missing mandatory fields: {{{}}}", missing.join(", "))));
    }
    let mut tx = shared.write().await?;
    let run = run::active(&mut tx, &id).await?;
    change::record_model(&mut tx, &run, model).await?;
    tx.commit().await?;
    Ok(Logged::into_run(id).and("models", 1))
}

async fn log_inputs(State(shared): State<Shared>, asked: Asked) -> Result<Logged, Error> {
    let id = id(&asked)?;
    let mut datasets = Vec::new();
    for (number, input) in asked.objects("datasets")?.iter().enumerate() {
        datasets.push(Input::of(input, &format!("datasets[{number}]"))?);
    }
    let mut models = Vec::new();
    for model in asked.objects("models")? {
        models.push(model.required("model_id")?);
    }
    let mut tx = shared.write().await?;
    let run = run::active(&mut tx, &id).await?;
    inputs::log(&mut tx, &run, &datasets).await?;
    links::log_inputs(&mut tx, &run.id, &models).await?;
    tx.commit().await?;
    Ok(Logged::into_run(id).and("datasets", datasets.len()).and("models", models.len()))
}

async fn set_tag(State(shared): State<Shared>, asked: Asked) -> Result<Logged, Error> {
    let id = id(&asked)?;
    let tag = Pair::tag(&asked, "")?;
    let mut tx = shared.write().await?;
    let run = run::active(&mut tx, &id).await?;
    change::set_tags(&mut tx, &run, &[tag]).await?;
    tx.commit().await?;
    Ok(Logged::into_run(id).and("tags", 1))
}

async fn delete_tag(State(shared): State<Shared>, asked: Asked) -> Result<Logged, Error> {
    let (id, key) = (id(&asked)?, asked.required("key")?);
    let mut tx = shared.write().await?;
    let run = run::active(&mut tx, &id).await?;
    change::delete_tag(&mut tx, &run, &key).await?;
    tx.commit().await?;
    Ok(Logged::into_run(id).and("tags deleted", 1))
}

/// Experiments of which datasets are listed at once.
const EXPERIMENTS: usize = 20;

async fn search_datasets(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let ids = asked.texts("experiment_ids")?;
    if ids.is_empty() {
        return Err(Error::invalid("SearchDatasets request must specify at least one experiment_id."));
    }
    if ids.len() > EXPERIMENTS {
        return Err(Error::invalid(format!(
            "SearchDatasets request cannot specify more than {EXPERIMENTS} experiment_ids. Received {} experiment_ids.",
            ids.len()
        )));
    }
    let experiments: Vec<i64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let mut tx = shared.read().await?;
    let summaries = inputs::summaries(&mut tx, &experiments).await?;
    Ok(Answer(if summaries.is_empty() { json!({}) } else { json!({ "dataset_summaries": summaries }) }))
}

/// Clients send both names.
fn id(asked: &Asked) -> Result<String, Error> {
    let id = asked.text("run_id")?.filter(|id| !id.is_empty());
    id.or(asked.text("run_uuid")?).filter(|id| !id.is_empty()).ok_or_else(|| Error::missing("run_id"))
}
