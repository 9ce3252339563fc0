//! What reads traces.

use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{experiments, required};
use crate::traces::info::Info;
use crate::traces::{load, span};
use crate::{Answer, Asked, Error, Shared};

pub(super) async fn info(State(shared): State<Shared>, Path(trace): Path<String>) -> Result<Answer, Error> {
    let mut tx = shared.read().await?;
    let info = load::info(&mut tx, &trace).await?;
    Ok(Answer(json!({ "trace": { "trace_info": info.to_json() } })))
}

/// A trace that is not all there is not found, unless the client takes what there is.
pub(super) async fn trace(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("trace_id")?;
    let partial = asked.text("allow_partial").ok().flatten().is_some_and(|word| word.eq_ignore_ascii_case("true"))
        || asked.flag("allow_partial").ok().flatten().unwrap_or(false);
    let mut tx = shared.read().await?;
    let Some(info) = load::find(&mut tx, &id).await? else {
        return Err(Error::does_not_exist(format!("Trace with ID {id} is not found.")));
    };
    if !load::has_spans_here(&info) {
        return Err(Error::does_not_exist("Trace data not stored in tracking store"));
    }
    let spans = load::spans(&mut tx, std::slice::from_ref(&id)).await?.remove(&id).unwrap_or_default();
    if !partial && !load::is_complete(&info, &spans) {
        let message = format!("Trace with ID {id} is not fully exported yet, please try again later.");
        return Err(Error::does_not_exist(message));
    }
    Ok(Answer(json!({ "trace": whole(&info, &spans) })))
}

/// Those that are all there.
pub(super) async fn traces(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (ids, experiments) = asked_for(&asked)?;
    let mut tx = shared.read().await?;
    let infos = load::infos(&mut tx, &ids, experiments.as_deref()).await?;
    let ids: Vec<String> = infos.iter().filter(|info| load::has_spans_here(info)).map(|info| info.id.clone()).collect();
    let spans = load::spans(&mut tx, &ids).await?;
    let traces: Vec<Value> = infos
        .iter()
        .filter_map(|info| {
            let spans = spans.get(&info.id)?;
            load::is_complete(info, spans).then(|| whole(info, spans))
        })
        .collect();
    Ok(Answer(if traces.is_empty() { json!({}) } else { json!({ "traces": traces }) }))
}

pub(super) async fn infos(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (ids, experiments) = asked_for(&asked)?;
    let mut tx = shared.read().await?;
    let infos = load::infos(&mut tx, &ids, experiments.as_deref()).await?;
    let infos: Vec<Value> = infos.iter().map(Info::to_json).collect();
    Ok(Answer(if infos.is_empty() { json!({}) } else { json!({ "trace_infos": infos }) }))
}

fn asked_for(asked: &Asked) -> Result<(Vec<String>, Option<Vec<i64>>), Error> {
    let ids = required(asked, "trace_ids")?;
    let within = asked.get("experiment_ids").map(|_| asked.texts("experiment_ids")).transpose()?;
    Ok((ids, within.map(|ids| experiments(&ids))))
}

fn whole(info: &Info, spans: &[Value]) -> Value {
    let mut trace = json!({ "trace_info": info.to_json() });
    if !spans.is_empty() {
        trace["spans"] = spans.iter().map(span::answer).collect();
    }
    trace
}
