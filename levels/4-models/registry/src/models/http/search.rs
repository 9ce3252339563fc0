//! Searching.

use axum::extract::State;

use crate::models::search::{self, Search};
use crate::models::wire;
use crate::{Answer, Asked, Error, Shared, page};

const MOST_MODELS: i64 = 1000;
const MOST_VERSIONS: i64 = 200_000;

pub(super) async fn models(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let search = Search::models(&asked.text("filter")?.unwrap_or_default(), &asked.texts("order_by")?)?;
    let limit = asked.at_most("max_results", MOST_MODELS)?.unwrap_or(100);
    let offset = page::offset(asked.text("page_token")?.as_deref())?;
    if limit < 0 {
        return Err(Error::invalid(format!("Invalid value for max_results. It must not be negative, but got {limit}")));
    }
    let search = search.page(limit + 1, offset);
    let mut models = search::models(&mut *shared.read().await?, search).await?;
    let more = models.len() as i64 > limit;
    models.truncate(limit as usize);
    Ok(Answer(wire::models_answer(&models, more.then(|| page::token(offset + limit)))))
}

pub(super) async fn versions(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let mut order_by = asked.texts("order_by")?;
    if order_by.is_empty() {
        order_by.push("last_updated_timestamp DESC".to_owned());
    }
    let search = Search::versions(&asked.text("filter")?.unwrap_or_default(), &order_by)?;
    let limit = asked.at_most("max_results", MOST_VERSIONS)?.unwrap_or(MOST_VERSIONS);
    let offset = page::offset(asked.text("page_token")?.as_deref())?;
    if limit < 1 {
        return Err(Error::invalid(format!(
            "Invalid value for max_results. It must be a positive integer, but got {limit}"
        )));
    }
    let search = search.page(limit + 1, offset);
    let mut versions = search::model_versions(&mut *shared.read().await?, search).await?;
    let more = versions.len() as i64 > limit;
    versions.truncate(limit as usize);
    Ok(Answer(wire::versions_answer(&versions, more.then(|| page::token(offset + limit)))))
}
