//! Whether a request may be carried out.

use std::collections::HashMap;

use axum::http::HeaderMap;
use serde_json::Value;
use strata_database::Transaction;

use super::grants::{self, Kind};
use super::level::{Level, Need};
use super::request::Named;
use super::rules::{Rule, Target, part};
use super::users::User;
use crate::Error;
use crate::evaluation_datasets::experiments_of;
use crate::tracked::{Member, experiment_of};

/// What is done with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Decision {
    Allow,
    Deny,
    /// It asks for nothing that may be seen, so nothing is found.
    Nothing,
}

/// The header that names the experiment of spans.
const EXPERIMENT: &str = "x-mlflow-experiment-id";

/// What one user may do, asked of the database once for each thing.
#[derive(Debug)]
pub(crate) struct Permissions {
    granted: HashMap<(Kind, String), Level>,
    default: Level,
}

impl Permissions {
    pub(crate) async fn of(tx: &mut Transaction, user: &User, default: Level) -> Result<Self, Error> {
        let granted = grants::list(tx, user).await?;
        let granted = granted.into_iter().map(|(kind, resource, level)| ((kind, resource), level)).collect();
        Ok(Self { granted, default })
    }

    pub(crate) fn level(&self, kind: Kind, resource: &str) -> Level {
        self.granted.get(&(kind, resource.to_owned())).copied().unwrap_or(self.default)
    }

    pub(crate) fn allow(&self, kind: Kind, resource: &str, need: Need) -> bool {
        self.level(kind, resource).allows(need)
    }
}

/// Decides for somebody who is no administrator. A search is narrowed to what may be read. What does not exist is
/// allowed where it would be denied otherwise only for not being there: the handler says so.
pub(crate) async fn decide(
    tx: &mut Transaction,
    permissions: &Permissions,
    user: &User,
    rule: Rule,
    path: &str,
    named: &mut Named,
    headers: &HeaderMap,
) -> Result<Decision, Error> {
    let Rule { target, need } = rule;
    let of_one = |prefix: &str| part(path, prefix).map(str::to_owned).into_iter().collect::<Vec<_>>();
    let experiments = |experiments: Vec<String>| {
        let all = experiments.iter().all(|id| permissions.allow(Kind::Experiment, id, need));
        if all && !experiments.is_empty() { Decision::Allow } else { Decision::Deny }
    };
    let decision = match target {
        Target::Anyone => Decision::Allow,
        Target::Admin => Decision::Deny,
        Target::Oneself => {
            let all = named.all("username").iter().all(|name| *name == user.name);
            if all { Decision::Allow } else { Decision::Deny }
        }
        Target::Experiment => experiments(named_experiments(named, headers)),
        Target::Experiments => narrow(permissions, named, need),
        Target::Model => {
            let names = named.all("name");
            let all = names.iter().all(|name| permissions.allow(Kind::Model, name, need));
            if all && !names.is_empty() { Decision::Allow } else { Decision::Deny }
        }
        Target::Resource => {
            let (kinds, ids) = (named.all("resource_type"), named.all("resource_id"));
            let kinds = kinds.iter().map(|kind| Kind::parse(kind)).collect::<Result<Vec<_>, _>>()?;
            let all = kinds.iter().all(|kind| ids.iter().all(|id| permissions.allow(*kind, id, need)));
            if all && !kinds.is_empty() && !ids.is_empty() { Decision::Allow } else { Decision::Deny }
        }
        Target::Artifact => {
            // A list names its folder in the query.
            let listed = named.all("path").first().map(|path| format!("/mlflow-artifacts/artifacts/{path}"));
            let path = if path == "/mlflow-artifacts/artifacts" { listed.as_deref().unwrap_or(path) } else { path };
            experiments(folder(path).map(str::to_owned).into_iter().collect())
        }
        Target::ExperimentName => owned(tx, Member::Named, named.all("experiment_name"), &experiments).await?,
        Target::Run => {
            let ids = [named.all("run_id"), named.all("run_uuid")].concat();
            if ids.is_empty() {
                // Addresses of S3 are given for either.
                owned(tx, Member::LoggedModel, named.all("model_id"), &experiments).await?
            } else {
                owned(tx, Member::Run, ids, &experiments).await?
            }
        }
        Target::Runs => owned(tx, Member::Run, named.all("run_ids"), &experiments).await?,
        Target::LoggedModel => owned(tx, Member::LoggedModel, of_one("/mlflow/logged-models/"), &experiments).await?,
        Target::Trace => owned(tx, Member::Trace, of_one("/mlflow/traces/"), &experiments).await?,
        Target::Issue => owned(tx, Member::Issue, of_one("/mlflow/issues/"), &experiments).await?,
        Target::Dataset => experiments(of_dataset(tx, path).await?),
        Target::NewDataset => experiments(named.all("experiment_ids")),
        Target::DatasetInto => match experiments(of_dataset(tx, path).await?) {
            Decision::Allow => experiments(named.all("experiment_ids")),
            other => other,
        },
        Target::Traces => {
            let ids = [named.all("trace_ids"), named.all("trace_id")].concat();
            owned(tx, Member::Trace, ids, &experiments).await?
        }
    };
    Ok(decision)
}

/// The experiments of the dataset in the path. One that is in none is for administrators.
async fn of_dataset(tx: &mut Transaction, path: &str) -> Result<Vec<String>, Error> {
    match part(path, "/mlflow/datasets/") {
        Some(id) => experiments_of(tx, id).await,
        None => Ok(Vec::new()),
    }
}

/// Asks by the experiments of these. One that is not there decides nothing, if another is.
async fn owned(
    tx: &mut Transaction,
    of: Member,
    mut ids: Vec<String>,
    experiments: &(dyn Fn(Vec<String>) -> Decision + Sync),
) -> Result<Decision, Error> {
    ids.sort_unstable();
    ids.dedup();
    let mut found = Vec::new();
    for id in &ids {
        found.extend(experiment_of(tx, of, id).await?);
    }
    Ok(if found.is_empty() { Decision::Allow } else { experiments(found) })
}

fn named_experiments(named: &Named, headers: &HeaderMap) -> Vec<String> {
    let mut ids = named.all("experiment_id");
    let nested = named.body().and_then(|body| body.pointer("/trace/trace_info/trace_location"));
    ids.extend(nested.and_then(location));
    ids.extend(headers.get(EXPERIMENT).and_then(|id| id.to_str().ok()).map(str::to_owned));
    ids
}

/// The experiment of a trace's location.
fn location(location: &Value) -> Option<String> {
    location.pointer("/mlflow_experiment/experiment_id")?.as_str().map(str::to_owned)
}

fn narrow(permissions: &Permissions, named: &mut Named, need: Need) -> Decision {
    let may = |id: &str| permissions.allow(Kind::Experiment, id, need);
    let by_id = named.narrow("experiment_ids", &|id| match id {
        Value::String(id) => may(id),
        Value::Number(id) => may(&id.to_string()),
        _ => false,
    });
    let by_place = named.narrow("locations", &|place| location(place).is_some_and(|id| may(&id)));
    // What is left may be read; a query cannot be narrowed, so all of it must be.
    let queried = named.all("experiment_ids");
    if !queried.iter().all(|id| may(id)) {
        return Decision::Deny;
    }
    match (by_id, by_place) {
        ((true, false), _) | (_, (true, false)) => Decision::Nothing,
        // Nothing was named, so nothing could be narrowed.
        ((false, _), (false, _)) if queried.is_empty() => Decision::Nothing,
        _ => Decision::Allow,
    }
}

/// `/mlflow-artifacts/artifacts/EXPERIMENT/...`, or another verb in the place of `artifacts`.
fn folder(path: &str) -> Option<&str> {
    let path = path.strip_prefix("/mlflow-artifacts/")?;
    let (_, rest) = path.split_once('/')?;
    let rest = ["create/", "complete/", "abort/"].into_iter().find_map(|verb| rest.strip_prefix(verb)).unwrap_or(rest);
    let folder = rest.split('/').next()?;
    folder.bytes().all(|byte| byte.is_ascii_digit()).then_some(folder).filter(|folder| !folder.is_empty())
}

#[cfg(test)]
mod tests {
    use super::folder;

    #[test]
    fn a_path_leads_into_an_experiments_folder() {
        for (path, expected) in [
            ("/mlflow-artifacts/artifacts/0/r/artifacts/x", Some("0")),
            ("/mlflow-artifacts/mpu/create/12/r/artifacts/x", Some("12")),
            ("/mlflow-artifacts/presigned/12/r/x", Some("12")),
            ("/mlflow-artifacts/artifacts", None),
            ("/mlflow-artifacts/artifacts/..%2f0", None),
            ("/mlflow-artifacts/artifacts/x/0", None),
        ] {
            assert_eq!(folder(path), expected, "{path}");
        }
    }
}
