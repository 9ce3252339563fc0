//! The second version of the API, for clients that are older.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use super::required;
use super::search::{found, paged};
use crate::audited::Logged;
use crate::traces::info::{Info, State as TraceState};
use crate::traces::{load, start as starting};
use crate::{Answer, Asked, Error, Shared};

fn answer(info: &Info) -> Answer {
    Answer(json!({ "trace_info": info.to_old_json() }))
}

pub(super) async fn start(State(shared): State<Shared>, asked: Asked) -> Result<Response, Error> {
    let experiment = asked.text("experiment_id")?.unwrap_or_default();
    let time = asked.integer("timestamp_ms")?.unwrap_or(0);
    let (metadata, tags) = (pairs(&asked, "request_metadata")?, pairs(&asked, "tags")?);
    let mut tx = shared.write().await?;
    let info = starting::start_old(&mut tx, &experiment, time, metadata, tags).await?;
    tx.commit().await?;
    Ok(Logged::into_experiment(info.experiment_id.to_string()).and("traces", 1).with(answer(&info)))
}

pub(super) async fn end(
    State(shared): State<Shared>,
    Path(trace): Path<String>,
    asked: Asked,
) -> Result<Response, Error> {
    let time = asked.integer("timestamp_ms")?.unwrap_or(0);
    let state = asked.text("status")?.and_then(|word| TraceState::of(&word)).unwrap_or_default();
    let (metadata, tags) = (pairs(&asked, "request_metadata")?, pairs(&asked, "tags")?);
    let mut tx = shared.write().await?;
    let info = starting::end_old(&mut tx, &trace, time, state, &metadata, tags).await?;
    tx.commit().await?;
    Ok(Logged::into_experiment(info.experiment_id.to_string()).and("traces ended", 1).with(answer(&info)))
}

pub(super) async fn info(State(shared): State<Shared>, Path(trace): Path<String>) -> Result<Answer, Error> {
    let mut tx = shared.read().await?;
    Ok(answer(&load::info(&mut tx, &trace).await?))
}

pub(super) async fn search(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let ids = required(&asked, "experiment_ids")?;
    let (infos, token) = found(&shared, &asked, &ids).await?;
    Ok(paged(infos.iter().map(Info::to_old_json).collect(), token))
}

fn pairs(asked: &Asked, name: &str) -> Result<BTreeMap<String, String>, Error> {
    let objects = asked.objects(name)?;
    objects.iter().map(|pair| Ok((pair.required("key")?, pair.text("value")?.unwrap_or_default()))).collect()
}
