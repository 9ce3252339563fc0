//! What looks for traces, and counts them.

use std::collections::HashSet;

use axum::extract::State;
use serde_json::{Value, json};

use super::{experiments, required};
use crate::traces::correlation::Counts;
use crate::traces::info::Info;
use crate::traces::measure::{self, Measure};
use crate::traces::search::{self as searching, Search};
use crate::{Answer, Asked, Error, Shared, page};

/// How many traces a page has where nobody says it, and at most.
const PAGE: i64 = 100;
const MOST: i64 = 500;

pub(super) async fn search(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let mut ids = Vec::new();
    let locations = asked.objects("locations")?;
    if locations.is_empty() {
        return Err(Error::missing("locations"));
    }
    for location in locations {
        if let Some(experiment) = location.object("mlflow_experiment")? {
            ids.push(experiment.text("experiment_id")?.unwrap_or_default());
        }
    }
    let (infos, token) = found(&shared, &asked, &ids).await?;
    Ok(paged(infos.iter().map(Info::to_json).collect(), token))
}

/// The traces of a page, and where the next one starts.
pub(super) async fn found(
    shared: &Shared,
    asked: &Asked,
    ids: &[String],
) -> Result<(Vec<Info>, Option<String>), Error> {
    let limit = asked.integer("max_results")?.unwrap_or(PAGE);
    if limit > MOST {
        return Err(Error::invalid(format!(
            "Invalid value {limit} for parameter 'max_results' supplied. It must be at most {MOST}."
        )));
    }
    if limit < 1 {
        return Err(Error::invalid(format!(
            "Invalid value {limit} for parameter 'max_results' supplied. It must be a positive integer"
        )));
    }
    let offset = page::offset(asked.text("page_token")?.as_deref())?;
    let search = Search {
        experiments: experiments(ids),
        filter: asked.text("filter")?.unwrap_or_default(),
        order_by: asked.texts("order_by")?,
        limit: limit + 1,
        offset,
    };
    let mut tx = shared.read().await?;
    let mut infos = searching::infos(&mut tx, &search).await?;
    let token = (infos.len() as i64 > limit).then(|| page::token(offset + limit));
    infos.truncate(limit as usize);
    Ok((infos, token))
}

pub(super) fn paged(traces: Vec<Value>, token: Option<String>) -> Answer {
    let mut answer = json!({});
    if !traces.is_empty() {
        answer["traces"] = traces.into();
    }
    if let Some(token) = token {
        answer["next_page_token"] = token.into();
    }
    Answer(answer)
}

pub(super) async fn correlation(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let ids = experiments(&required(&asked, "experiment_ids")?);
    let (first, second) = (asked.required("filter_string1")?, asked.required("filter_string2")?);
    let base = asked.text("base_filter")?.filter(|base| !base.is_empty());
    let both = |filter: String| base.as_ref().map_or(filter.clone(), |base| format!("{base} and {filter}"));
    let mut tx = shared.read().await?;
    let first: HashSet<String> = searching::ids(&mut tx, &ids, &both(first)).await?.into_iter().collect();
    let second = searching::ids(&mut tx, &ids, &both(second)).await?;
    let total = searching::ids(&mut tx, &ids, base.as_deref().unwrap_or_default()).await?.len() as i64;
    let counts = Counts {
        total,
        first: first.len() as i64,
        second: second.len() as i64,
        both: second.iter().filter(|id| first.contains(*id)).count() as i64,
    };
    let number = |number: f64| if number.is_nan() { json!("NaN") } else { json!(number) };
    Ok(Answer(json!({
        "npmi": number(counts.npmi()),
        "npmi_smoothed": number(counts.smoothed()),
        "filter1_count": counts.first,
        "filter2_count": counts.second,
        "joint_count": counts.both,
        "total_count": counts.total,
    })))
}

pub(super) async fn metrics(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let mut aggregations = Vec::new();
    for aggregation in asked.objects("aggregations")? {
        let percentile = aggregation.get("percentile_value").and_then(Value::as_f64);
        aggregations.push((aggregation.required("aggregation_type")?, percentile));
    }
    if aggregations.is_empty() {
        return Err(Error::missing("aggregations"));
    }
    let measure = Measure {
        experiments: experiments(&required(&asked, "experiment_ids")?),
        view: asked.required("view_type")?,
        metric: asked.required("metric_name")?,
        aggregations,
        dimensions: asked.texts("dimensions")?,
        filters: asked.texts("filters")?,
        interval_seconds: asked.integer("time_interval_seconds")?,
        from: asked.integer("start_time_ms")?,
        until: asked.integer("end_time_ms")?,
    };
    let limit = asked.integer("max_results")?.unwrap_or(1000).clamp(1, 1000);
    let offset = page::offset(asked.text("page_token")?.as_deref())?;
    let mut tx = shared.read().await?;
    let points = measure::points(&mut tx, &measure).await?;
    let more = points.len() as i64 > offset.saturating_add(limit);
    let points: Vec<Value> = points.into_iter().skip(offset as usize).take(limit as usize).collect();
    let mut answer = json!({});
    if !points.is_empty() {
        answer["data_points"] = points.into();
    }
    if more {
        answer["next_page_token"] = page::token(offset + limit).into();
    }
    Ok(Answer(answer))
}
