//! The handlers of metrics: extract, call, convert.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get as getting, post as posting};
use serde_json::json;

use super::sample::sample;
use super::wire::{Measured, Page};
use super::{Metric, history, keep, usual};
use crate::audited::Logged;
use crate::{Asked, Body, Error, Shared, page};

/// What one asks for of many runs at once.
const RUNS: usize = 100;
/// Of all of them together.
const POINTS: i64 = 25_000;
/// Of each, where points are picked.
const SAMPLE: i64 = 2500;

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/runs/log-metric", posting(log_metric))
        .route("/metrics/get-history", getting(get_history))
        .route("/metrics/get-history-bulk", getting(get_history_bulk))
        .route("/metrics/get-history-bulk-interval", getting(get_history_bulk_interval))
}

async fn log_metric(State(shared): State<Shared>, Body(body): Body) -> Result<Logged, Error> {
    let (run_id, metric) = if let Some(one) = usual::one(&body) {
        one
    } else {
        let asked = Asked::of_body(&body);
        (run_id(&asked)?, Metric::asked(&asked, "")?)
    };
    keep(&shared, run_id.clone(), vec![metric]).await?;
    Ok(Logged::into_run(run_id).and("metrics", 1))
}

async fn get_history(State(shared): State<Shared>, asked: Asked) -> Result<Response, Error> {
    let run_id = run_id(&asked)?;
    let key = asked.required("metric_key")?;
    let most = asked.integer("max_results")?;
    if let Some(most) = most.filter(|most| *most <= 0) {
        return Err(Error::invalid(format!(
            "Invalid value {most} for parameter 'max_results' supplied. It must be a positive integer."
        )));
    }
    let offset = page::offset(asked.text("page_token")?.as_deref())?;
    let limit = most.map_or(i64::MAX, |most| most.saturating_add(1));
    let mut tx = shared.read().await?;
    let mut points = history::page(&mut tx, &run_id, &key, offset, limit).await?;
    let mut next_page_token = None;
    if let Some(most) = most.filter(|most| points.len() as i64 > *most) {
        points.truncate(most as usize);
        next_page_token = Some(page::token(offset + most));
    }
    let metrics = points.into_iter().map(|point| Measured { key: &key, run_id: None, point }).collect();
    Ok(Page { metrics, next_page_token }.into_response())
}

/// For the web pages: the histories of runs, one after the other.
async fn get_history_bulk(State(shared): State<Shared>, asked: Asked) -> Result<Response, Error> {
    let mut run_ids = match asked.texts("run_id") {
        Ok(ids) => ids,
        Err(_) => asked.text("run_id")?.into_iter().collect(),
    };
    if run_ids.is_empty() {
        return Err(Error::invalid("GetMetricHistoryBulk request must specify at least one run_id."));
    }
    if run_ids.len() > RUNS {
        return Err(Error::invalid(format!(
            "GetMetricHistoryBulk request cannot specify more than {RUNS} run_ids. Received {} run_ids.",
            run_ids.len()
        )));
    }
    let key = asked.text("metric_key")?;
    let key = key.ok_or_else(|| Error::invalid("GetMetricHistoryBulk request must specify a metric_key."))?;
    let most = asked.integer("max_results")?.unwrap_or(POINTS).clamp(0, POINTS);
    run_ids.sort_unstable();
    run_ids.dedup();
    let mut tx = shared.read().await?;
    let mut metrics = Vec::new();
    for run_id in &run_ids {
        let left = most - metrics.len() as i64;
        let points = history::page(&mut tx, run_id, &key, 0, left).await?;
        metrics.extend(points.into_iter().map(|point| Measured { key: &key, run_id: Some(run_id), point }));
    }
    // The field is there even if there is nothing in it.
    Ok(axum::Json(json!({ "metrics": metrics })).into_response())
}

async fn get_history_bulk_interval(State(shared): State<Shared>, asked: Asked) -> Result<Response, Error> {
    let run_ids = asked.texts("run_ids")?;
    if run_ids.is_empty() {
        return Err(Error::missing("run_ids"));
    }
    if run_ids.len() > RUNS {
        return Err(Error::invalid(format!(
            "GetMetricHistoryBulkInterval request must specify at most {RUNS} run_ids. Received {} run_ids.",
            run_ids.len()
        )));
    }
    let key = asked.required("metric_key")?;
    let most = asked.integer("max_results")?.unwrap_or(SAMPLE);
    if !(1..=SAMPLE).contains(&most) {
        return Err(Error::invalid(format!("max_results must be between 1 and {SAMPLE}.")));
    }
    let steps = match (asked.integer("start_step")?, asked.integer("end_step")?) {
        (None, None) => None,
        (Some(start), Some(end)) if start <= end => Some(start..=end),
        (Some(start), Some(end)) => {
            return Err(Error::invalid(format!(
                "end_step must be greater than start_step. Found start_step={start} and end_step={end}."
            )));
        }
        _ => {
            let message = "If either start step or end step are specified, both must be specified.";
            return Err(Error::invalid(message));
        }
    };
    let mut tx = shared.read().await?;
    let mut metrics = Vec::new();
    for run_id in &run_ids {
        let mut points = history::whole(&mut tx, run_id, &key).await?;
        if let Some(steps) = &steps {
            points.retain(|point| steps.contains(&point.step));
        }
        let points = sample(points, most as usize);
        metrics.extend(points.into_iter().map(|point| Measured { key: &key, run_id: Some(run_id), point }));
    }
    Ok(Page { metrics, next_page_token: None }.into_response())
}

/// Clients send both names.
fn run_id(asked: &Asked) -> Result<String, Error> {
    let id = asked.text("run_id")?.or(asked.text("run_uuid")?);
    id.filter(|id| !id.is_empty()).ok_or_else(|| Error::missing("run_id"))
}
