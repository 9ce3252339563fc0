//! The handlers of issues: extract, call, convert.

use axum::extract::{Path, State};
use axum::routing::{get as getting, post as posting};
use axum::{Extension, Router};
use serde_json::json;
use uuid::Uuid;

use super::change::Change;
use super::issue::Issue;
use super::search::Search;
use super::words::{PENDING, SEVERITY, STATUS};
use super::{fields, search, store};
use crate::access::users::User;
use crate::tracked::{Member, experiment_of};
use crate::{Answer, Asked, Error, Shared, experiments};

/// Under `/mlflow` of the third version.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/issues", posting(create))
        .route("/issues/search", posting(find))
        .route("/issues/{issue_id}", getting(get).patch(update))
}

/// Whoever asks, if users are known here.
type Who = Option<Extension<User>>;

fn name(who: &Who) -> Option<&str> {
    who.as_ref().map(|user| user.name.as_str())
}

fn answer(issue: &Issue) -> Answer {
    Answer(json!({ "issue": issue.to_json() }))
}

async fn create(State(shared): State<Shared>, who: Who, asked: Asked) -> Result<Answer, Error> {
    let (title, description) = (asked.required("name")?, asked.required("description")?);
    let experiment = asked.required("experiment_id")?;
    let status = fields::word(&asked, &STATUS)?.unwrap_or_else(|| PENDING.to_owned());
    let severity = fields::word(&asked, &SEVERITY)?;
    fields::name(&title)?;
    let chosen = asked.text("issue_id")?;
    chosen.as_deref().map_or(Ok(()), fields::id)?;
    let now = shared.now().millis();
    let created_by = fields::person(&asked, "created_by", name(&who))?;
    let mut issue = Issue {
        id: chosen.unwrap_or_else(|| format!("iss-{}", Uuid::new_v4().simple())),
        experiment_id: experiments::number(&experiment)?,
        name: title,
        description,
        status,
        severity,
        root_causes: asked.texts("root_causes")?,
        source_run_id: asked.text("source_run_id")?.filter(|id| !id.is_empty()),
        categories: fields::texts(&asked, "categories")?,
        metadata: fields::metadata(&asked)?,
        created_at: now,
        updated_at: now,
        seen_at: fields::last_seen(&asked)?.unwrap_or(now),
        updated_by: created_by.clone(),
        created_by,
    };

    let mut tx = shared.write().await?;
    issue.experiment_id = experiments::present(&mut tx, &experiment).await?.id;
    if let Some(run) = &issue.source_run_id {
        let missing = || Error::does_not_exist(format!("Run with id={run} not found"));
        let of = experiment_of(&mut tx, Member::Run, run).await?.ok_or_else(missing)?;
        if of != issue.experiment_id.to_string() {
            return Err(Error::invalid("Source run must belong to the Issue experiment"));
        }
    }
    store::create(&mut tx, &issue).await?;
    tx.commit().await?;
    Ok(answer(&issue))
}

async fn get(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Answer, Error> {
    let mut tx = shared.read().await?;
    Ok(answer(&store::get(&mut tx, &id).await?))
}

async fn update(State(shared): State<Shared>, Path(id): Path<String>, who: Who, asked: Asked) -> Result<Answer, Error> {
    // The one in the path is meant; MLflow wants it in both places.
    asked.required("issue_id")?;
    let change = Change::of_json(&asked, name(&who))?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let mut issue = store::get(&mut tx, &id).await?;
    change.apply(&mut issue, now)?;
    store::put(&mut tx, &issue).await?;
    tx.commit().await?;
    Ok(answer(&issue))
}

async fn find(State(shared): State<Shared>, who: Who, asked: Asked) -> Result<Answer, Error> {
    let filled = |field: &str| Ok::<_, Error>(asked.text(field)?.filter(|text| !text.is_empty()));
    let experiment = filled("experiment_id")?.map(|id| experiments::number(&id)).transpose()?;
    if experiment.is_none() && who.is_some_and(|user| !user.is_admin) {
        // Which of the others may be read is said of their experiments.
        return Err(Error::missing("experiment_id"));
    }
    let search = Search {
        experiment,
        filter: filled("filter_string")?,
        name: asked.text("name")?,
        statuses: words(&asked, "statuses", |word| STATUS.check(word))?,
        severities: words(&asked, "severities", |word| SEVERITY.check(word))?,
        categories: fields::texts(&asked, "categories")?,
        order_by: words(&asked, "order_by", |_| Ok(()))?,
        view: asked.text("view")?,
        counts_traces: asked.flag("include_trace_count")?.unwrap_or_default(),
        counts_all: asked.flag("include_total_count")?.unwrap_or_default(),
        limit: limit(&asked)?,
        page_token: filled("page_token")?,
    };
    if search.name.as_ref().is_some_and(|name| name.chars().count() > 250) {
        return Err(Error::invalid("name must be a string of at most 250 characters"));
    }
    if search.view.as_deref().is_some_and(|view| !["basic", "full"].contains(&view)) {
        return Err(Error::invalid("view must be basic or full"));
    }
    let mut tx = shared.read().await?;
    let found = search::search(&mut tx, &search).await?;
    let mut json = json!({ "next_page_token": found.next.unwrap_or_default() });
    if !found.issues.is_empty() {
        json["issues"] = found.issues.into();
    }
    if let Some(all) = found.all {
        json["total_count"] = all.into();
    }
    Ok(Answer(json))
}

fn words(asked: &Asked, field: &str, check: impl Fn(&str) -> Result<(), Error>) -> Result<Vec<String>, Error> {
    let words = asked.texts(field)?;
    if words.len() > 100 {
        return Err(Error::invalid(format!("{field} must be a list of at most 100 strings")));
    }
    words.iter().try_for_each(|word| check(word))?;
    Ok(words)
}

const USUAL: i64 = 100;
const MOST: i64 = 50_000;

fn limit(asked: &Asked) -> Result<i64, Error> {
    let limit = asked.integer("max_results")?.unwrap_or(USUAL);
    let must = match limit {
        ..=0 => "a positive integer",
        limit if limit > MOST => "at most 50000",
        _ => return Ok(limit),
    };
    Err(Error::invalid(format!("Invalid value {limit} for parameter 'max_results' supplied. It must be {must}")))
}
