//! Starting traces and ending them.

use std::collections::BTreeMap;

use strata_database::{Transaction, query};
use uuid::Uuid;

use super::info::{Info, State};
use super::tags::{Table, put};
use super::{key, load};
use crate::assessments::store;
use crate::experiments::Experiment;
use crate::{Error, experiments};

/// A trace whose client says all that there is to know of it, but its spans. These may have come before.
pub(super) async fn start(tx: &mut Transaction, mut info: Info) -> Result<Info, Error> {
    let experiment = experiments::active(tx, &info.experiment_id.to_string()).await?;
    info.tags.retain(|tag, _| !key::is_blocked(tag));
    info.tags.insert(key::ARTIFACT_LOCATION.to_owned(), artifact_location(&experiment, &info.id)?);
    info.metadata.insert(key::FINALIZED.to_owned(), "true".to_owned());
    match load::find(tx, &info.id).await? {
        None => {
            insert(tx, &info).await?;
        }
        Some(known) if known.experiment_id != info.experiment_id => {
            let message = format!("Trace with ID '{}' already exists in another experiment.", info.id);
            return Err(Error::invalid(message));
        }
        Some(known) => {
            info.request_preview = info.request_preview.or(known.request_preview);
            info.response_preview = info.response_preview.or(known.response_preview);
            update(tx, &info).await?;
        }
    }
    put(tx, Table::Tags, &info.id, &info.tags).await?;
    put(tx, Table::Metadata, &info.id, &info.metadata).await?;
    for assessment in &info.assessments {
        store::put(tx, assessment).await?;
    }
    load::info(tx, &info.id).await
}

/// A trace of the second version of the API, which lasts until it is ended.
pub(super) async fn start_old(
    tx: &mut Transaction,
    experiment_id: &str,
    request_time: i64,
    metadata: BTreeMap<String, String>,
    mut tags: BTreeMap<String, String>,
) -> Result<Info, Error> {
    let experiment = experiments::active(tx, experiment_id).await?;
    let id = format!("tr-{}", Uuid::new_v4().simple());
    tags.retain(|tag, _| !key::is_blocked(tag));
    tags.insert(key::ARTIFACT_LOCATION.to_owned(), artifact_location(&experiment, &id)?);
    let info = Info {
        id,
        experiment_id: experiment.id,
        request_time,
        state: State::InProgress,
        metadata,
        tags,
        ..Info::default()
    };
    insert(tx, &info).await?;
    put(tx, Table::Tags, &info.id, &info.tags).await?;
    put(tx, Table::Metadata, &info.id, &info.metadata).await?;
    Ok(info)
}

pub(super) async fn end_old(
    tx: &mut Transaction,
    id: &str,
    ended_at: i64,
    state: State,
    metadata: &BTreeMap<String, String>,
    mut tags: BTreeMap<String, String>,
) -> Result<Info, Error> {
    let mut info = load::info(tx, id).await?;
    info.duration = Some(ended_at - info.request_time);
    info.state = state;
    update(tx, &info).await?;
    tags.retain(|tag, _| !key::is_blocked(tag));
    put(tx, Table::Tags, id, &tags).await?;
    put(tx, Table::Metadata, id, metadata).await?;
    load::info(tx, id).await
}

/// Where the files of a trace lie. Its id is a part of a path there.
pub(super) fn artifact_location(experiment: &Experiment, id: &str) -> Result<String, Error> {
    if id.is_empty() || id == "." || id == ".." || id.contains(|c: char| "/\\%?#".contains(c) || c.is_control()) {
        return Err(Error::invalid(format!(
            "Invalid value \"{id}\" for parameter 'trace_id' supplied: must not contain '/', '\\', '%', '?', '#' or \
             control characters"
        )));
    }
    Ok(format!("{}/traces/{id}/artifacts", experiment.artifact_location.trim_end_matches('/')))
}

pub(super) async fn insert(tx: &mut Transaction, info: &Info) -> Result<(), Error> {
    let sql = "INSERT INTO traces (id, experiment_id, request_time, duration, state, client_request_id, \
               request_preview, response_preview) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    query(sql)
        .bind(&info.id)
        .bind(info.experiment_id)
        .bind(info.request_time)
        .bind(info.duration)
        .bind(info.state.name())
        .bind(&info.client_request_id)
        .bind(&info.request_preview)
        .bind(&info.response_preview)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Transaction, info: &Info) -> Result<(), Error> {
    let sql = "UPDATE traces SET request_time = $2, duration = $3, state = $4, client_request_id = $5, \
               request_preview = $6, response_preview = $7 WHERE id = $1";
    query(sql)
        .bind(&info.id)
        .bind(info.request_time)
        .bind(info.duration)
        .bind(info.state.name())
        .bind(&info.client_request_id)
        .bind(&info.request_preview)
        .bind(&info.response_preview)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
