//! What is known of experiments, runs, logged models and traces by those who keep none of them: a version comes from
//! one, and who may do what with one is said of its experiment.

use serde_json::{Value, json};
use strata_database::{Row, Transaction, query, query_scalar};

use crate::Error;
use crate::logged_models::{change, load};

/// A logged model, as far as it matters here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct LoggedModel {
    /// Where its files lie.
    pub(crate) artifact_uri: String,
    /// The run that logged it; empty if none did.
    pub(crate) run_id: String,
}

/// Where the files of a run lie.
pub(crate) async fn run_artifacts(tx: &mut Transaction, run_id: &str) -> Result<Option<String>, Error> {
    let sql = "SELECT artifact_uri FROM runs WHERE id = $1";
    Ok(query_scalar(sql).bind(run_id).fetch_optional(&mut **tx).await?)
}

/// A logged model by its id.
pub(crate) async fn logged_model(tx: &mut Transaction, id: &str) -> Result<Option<LoggedModel>, Error> {
    let sql = "SELECT artifact_uri, source_run_id FROM logged_models WHERE id = $1 AND deleted = 0";
    let Some(row) = query(sql).bind(id).fetch_optional(&mut **tx).await? else { return Ok(None) };
    Ok(Some(LoggedModel { artifact_uri: row.try_get(0)?, run_id: row.try_get(1)? }))
}

/// The tag of a logged model that lists the versions it became.
const VERSIONS: &str = "mlflow.modelVersions";

/// Lets the logged model know that it became a version: the client shows it there.
pub(crate) async fn tell_logged_model(tx: &mut Transaction, id: &str, name: &str, number: i64) -> Result<(), Error> {
    let model = load::model(tx, id).await?;
    let known = model.tags.iter().find(|(key, _)| key == VERSIONS);
    let mut versions: Vec<Value> = known.and_then(|(_, list)| serde_json::from_str(list).ok()).unwrap_or_default();
    versions.push(json!({ "name": name, "version": number }));
    // As Python writes it, which clients compare.
    let version = |version: &Value| format!("{{\"name\": {}, \"version\": {}}}", version["name"], version["version"]);
    let list = format!("[{}]", versions.iter().map(version).collect::<Vec<_>>().join(", "));
    change::set_tags(tx, id, vec![(VERSIONS.to_owned(), list)]).await
}

/// What belongs to an experiment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Member {
    /// The experiment itself, by its name.
    Named,
    Run,
    LoggedModel,
    Trace,
    Issue,
}

/// The id of the experiment of one of these, if there is such a thing.
pub(crate) async fn experiment_of(tx: &mut Transaction, member: Member, id: &str) -> Result<Option<String>, Error> {
    let sql = match member {
        Member::Named => "SELECT id FROM experiments WHERE name = $1",
        Member::Run => "SELECT experiment_id FROM runs WHERE id = $1",
        Member::LoggedModel => "SELECT experiment_id FROM logged_models WHERE id = $1",
        Member::Trace => "SELECT experiment_id FROM traces WHERE id = $1",
        Member::Issue => "SELECT experiment_id FROM issues WHERE id = $1",
    };
    let found: Option<i64> = query_scalar(sql).bind(id).fetch_optional(&mut **tx).await?;
    Ok(found.map(|id| id.to_string()))
}
