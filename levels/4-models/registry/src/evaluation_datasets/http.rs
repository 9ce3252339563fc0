//! The handlers of evaluation datasets: extract, call, convert.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{delete as removing, get as getting, patch as patching, post as posting};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::dataset::{Dataset, digest};
use super::record::{Record, USER};
use super::search::{self, Search};
use super::{experiments, records, store};
use crate::{Answer, Asked, Error, Shared, page};

/// On a page, unless it is said otherwise, and at most.
const SOME: i64 = 1_000;
const MOST: i64 = 50_000;

/// Under `/mlflow` of the prefixes of version 3.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/datasets/create", posting(create))
        .route("/datasets/search", getting(search).post(search))
        .route("/datasets/{dataset_id}", getting(get).delete(delete))
        .route("/datasets/{dataset_id}/tags", patching(set_tags))
        .route("/datasets/{dataset_id}/tags/{key}", removing(delete_tag))
        .route("/datasets/{dataset_id}/records", getting(get_records).post(upsert_records).delete(delete_records))
        .route("/datasets/{dataset_id}/experiment-ids", getting(experiment_ids))
        .route("/datasets/{dataset_id}/add-experiments", posting(add_experiments))
        .route("/datasets/{dataset_id}/remove-experiments", posting(remove_experiments))
}

async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("name")?;
    let ids = asked.texts("experiment_ids")?;
    let tags = match asked.text("tags")?.filter(|tags| !tags.is_empty()) {
        Some(tags) => parse_tags(&tags)?,
        None => BTreeMap::new(),
    };
    let (now, user) = (shared.now().millis(), tags.get(USER).cloned());
    let dataset = Dataset {
        id: format!("d-{}", Uuid::new_v4().simple()),
        digest: digest(&name, now),
        name,
        schema: None,
        records: 0,
        created_at: now,
        updated_at: now,
        created_by: user.clone(),
        updated_by: user,
        tags,
    };
    let mut tx = shared.write().await?;
    store::insert(&mut tx, &dataset).await?;
    experiments::add(&mut tx, &dataset.id, &ids).await?;
    tx.commit().await?;
    let mut json = dataset.to_json();
    if !ids.is_empty() {
        json["experiment_ids"] = ids.into();
    }
    Ok(Answer(json!({ "dataset": json })))
}

/// An object in a text. What is null in it says nothing.
fn parse_tags(text: &str) -> Result<BTreeMap<String, String>, Error> {
    let object: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| Error::invalid(format!("Invalid value for parameter 'tags' supplied: {error}")))?;
    let mut tags = BTreeMap::new();
    for (key, value) in object {
        let value = match value {
            Value::Null => continue,
            Value::String(value) => value,
            value => value.to_string(),
        };
        // Postgres keeps no such text.
        if key.contains('\0') || value.contains('\0') {
            return Err(Error::invalid("'tags' cannot contain NUL (0x00) characters"));
        }
        tags.insert(key, value);
    }
    Ok(tags)
}

async fn get(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Answer, Error> {
    let mut tx = shared.read().await?;
    Ok(Answer(json!({ "dataset": store::get(&mut tx, &id).await?.to_json() })))
}

async fn delete(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Answer, Error> {
    let mut tx = shared.write().await?;
    store::delete(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn search(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let offset = page::offset(asked.text("page_token")?.as_deref())?;
    let search = Search {
        experiments: asked.texts("experiment_ids")?,
        filter: asked.text("filter_string")?.unwrap_or_default(),
        order_by: asked.texts("order_by")?,
        limit: limit(asked.integer("max_results")?.unwrap_or(SOME))?,
        offset,
    };
    let mut tx = shared.read().await?;
    let (datasets, more) = search::search(&mut tx, &search).await?;
    let mut answer = json!({});
    if !datasets.is_empty() {
        answer["datasets"] = datasets.iter().map(Dataset::to_json).collect();
    }
    if more {
        answer["next_page_token"] = page::token(offset + search.limit).into();
    }
    Ok(Answer(answer))
}

fn limit(limit: i64) -> Result<i64, Error> {
    let must = match limit {
        1..=MOST => return Ok(limit),
        ..=0 => "a positive integer".to_owned(),
        _ => format!("at most {MOST}"),
    };
    Err(Error::invalid(format!("Invalid value {limit} for parameter 'max_results' supplied. It must be {must}")))
}

async fn set_tags(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let tags = parse_tags(&asked.required("tags")?)?;
    let mut tx = shared.write().await?;
    if !store::exists(&mut tx, &id).await? {
        return Err(Error::does_not_exist(format!("Could not find evaluation dataset with ID {id}")));
    }
    store::put_tags(&mut tx, &id, &tags).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn delete_tag(State(shared): State<Shared>, Path((id, key)): Path<(String, String)>) -> Result<Answer, Error> {
    let mut tx = shared.write().await?;
    store::delete_tag(&mut tx, &id, &key).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

async fn get_records(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let limit = limit(asked.integer("max_results")?.filter(|number| *number != 0).unwrap_or(SOME))?;
    let token = asked.text("page_token")?.filter(|token| !token.is_empty());
    let mut tx = shared.read().await?;
    let (records, next) = records::page(&mut tx, &id, limit, token.as_deref()).await?;
    let mut answer = json!({ "records": Value::from(records).to_string() });
    if let Some(next) = next {
        answer["next_page_token"] = next.into();
    }
    Ok(Answer(answer))
}

async fn upsert_records(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let invalid = |error| Error::invalid(format!("Invalid value for parameter 'records' supplied: {error}"));
    let list: Vec<Value> = serde_json::from_str(&asked.required("records")?).map_err(invalid)?;
    let list = list.iter().map(Record::parse).collect::<Result<Vec<_>, _>>()?;
    let now = shared.now().millis();
    let mut tx = shared.write().await?;
    let upserted = records::upsert(&mut tx, now, &id, &list).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "inserted_count": upserted.inserted, "updated_count": upserted.updated })))
}

async fn delete_records(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let ids = asked.texts("dataset_record_ids")?;
    let mut tx = shared.write().await?;
    let deleted = records::delete(&mut tx, &id, &ids).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "deleted_count": deleted })))
}

async fn experiment_ids(State(shared): State<Shared>, Path(id): Path<String>) -> Result<Answer, Error> {
    let mut tx = shared.read().await?;
    let ids = experiments::of(&mut tx, &id).await?;
    Ok(Answer(if ids.is_empty() { json!({}) } else { json!({ "experiment_ids": ids }) }))
}

async fn add_experiments(State(shared): State<Shared>, Path(id): Path<String>, asked: Asked) -> Result<Answer, Error> {
    let (ids, now) = (asked.texts("experiment_ids")?, shared.now().millis());
    let mut tx = shared.write().await?;
    store::get(&mut tx, &id).await?;
    experiments::add(&mut tx, &id, &ids).await?;
    store::touch(&mut tx, &id, now).await?;
    let dataset = store::get(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "dataset": dataset.to_json() })))
}

async fn remove_experiments(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    asked: Asked,
) -> Result<Answer, Error> {
    let (ids, now) = (asked.texts("experiment_ids")?, shared.now().millis());
    let mut tx = shared.write().await?;
    store::get(&mut tx, &id).await?;
    experiments::remove(&mut tx, now, &id, &ids).await?;
    let dataset = store::get(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "dataset": dataset.to_json() })))
}
