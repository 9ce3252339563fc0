//! What changes traces.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::audited::Logged;
use crate::traces::delete::Which;
use crate::traces::info::Info;
use crate::traces::{delete as deleting, links, start as starting, tags};
use crate::{Answer, Asked, Error, Shared, runs};

pub(super) async fn start(State(shared): State<Shared>, asked: Asked) -> Result<Response, Error> {
    let trace = asked.object("trace")?.ok_or_else(|| Error::missing("trace"))?;
    let info = trace.object("trace_info")?.ok_or_else(|| Error::missing("trace_info"))?;
    let info = Info::of_json(&info, shared.now().millis())?;
    let mut tx = shared.write().await?;
    let info = starting::start(&mut tx, info).await?;
    tx.commit().await?;
    let answer = Answer(json!({ "trace": { "trace_info": info.to_json() } }));
    Ok(Logged::into_experiment(info.experiment_id.to_string()).and("traces", 1).with(answer))
}

pub(super) async fn set_tag(
    State(shared): State<Shared>,
    Path(trace): Path<String>,
    asked: Asked,
) -> Result<Answer, Error> {
    let key = asked.required("key")?;
    let value = asked.text("value")?.unwrap_or_default();
    let mut tx = shared.write().await?;
    tags::set(&mut tx, &trace, &key, &value).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn delete_tag(
    State(shared): State<Shared>,
    Path(trace): Path<String>,
    asked: Asked,
) -> Result<Answer, Error> {
    let key = asked.required("key")?;
    let mut tx = shared.write().await?;
    tags::delete(&mut tx, &trace, &key).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let experiment = asked.required("experiment_id")?;
    let which = Which {
        experiment: experiment.parse().map_err(|_| {
            Error::invalid(format!("Invalid experiment ID '{experiment}'. Experiment IDs are numbers."))
        })?,
        until: asked.integer("max_timestamp_millis")?,
        most: asked.integer("max_traces")?,
        ids: asked.texts("request_ids")?,
    };
    let mut tx = shared.write().await?;
    let deleted = deleting::delete(&mut tx, &which).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "traces_deleted": deleted })))
}

pub(super) async fn link_to_run(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let traces = super::required(&asked, "trace_ids")?;
    let run = asked.required("run_id")?;
    let mut tx = shared.write().await?;
    runs::get(&mut tx, &run).await?;
    links::to_run(&mut tx, &run, &traces).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn link_prompts(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let trace = asked.required("trace_id")?;
    let mut prompts = Vec::new();
    for prompt in asked.objects("prompt_versions")? {
        prompts.push(format!("{}/{}", prompt.required("name")?, prompt.required("version")?));
    }
    if prompts.is_empty() {
        return Err(Error::missing("prompt_versions"));
    }
    let mut tx = shared.write().await?;
    links::to_prompts(&mut tx, &trace, &prompts).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}
