//! What each route needs: the list of all that are not for everybody who is known.

use axum::http::Method;

use super::level::Need;

/// Whose permission decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Target {
    /// Whoever is known may.
    Anyone,
    /// An administrator.
    Admin,
    /// An administrator, or the user whom the request names.
    Oneself,
    /// The experiment of `experiment_id`.
    Experiment,
    /// The experiment of `experiment_name`.
    ExperimentName,
    /// Those of `experiment_ids`: the request is narrowed to the ones that may be read.
    Experiments,
    /// The experiment of the run of `run_id` or `run_uuid`.
    Run,
    /// The experiments of the runs of `run_ids`.
    Runs,
    /// The registered model of `name`.
    Model,
    /// The experiment of the logged model in the path.
    LoggedModel,
    /// The experiment of the trace in the path.
    Trace,
    /// The experiments of the traces of `trace_ids`.
    Traces,
    /// The experiment of the issue in the path.
    Issue,
    /// All experiments of the dataset in the path.
    Dataset,
    /// Those, and all that `experiment_ids` names.
    DatasetInto,
    /// All experiments that `experiment_ids` names, for a dataset that is to be in them.
    NewDataset,
    /// The experiment whose folder the path leads into.
    Artifact,
    /// What `resource_type` and `resource_id` name.
    Resource,
}

/// What a route needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Rule {
    pub(crate) target: Target,
    pub(crate) need: Need,
}

type Line = (&'static str, &'static str, Target, Need);

/// Method, path after `/api/2.0` and its like, target, need. `*` stands for one part of a path, `**` for all the rest.
/// What is not in the list is for [administrators](Target::Admin).
const RULES: &[Line] = {
    use Need::{Delete, Manage, Read, Update};
    use Target::{
        Admin, Anyone, Artifact, Dataset, DatasetInto, Experiment, ExperimentName, Experiments, Issue, LoggedModel,
        Model, NewDataset, Oneself, Resource, Run, Runs, Trace, Traces,
    };
    &[
        ("GET", "/", Anyone, Read),
        ("GET", "/static-files/**", Anyone, Read),
        // It asks the API, which asks who may.
        ("POST", "/graphql", Anyone, Read),
        ("*", "/mlflow/ui-telemetry", Anyone, Read),
        ("*", "/mlflow/gateway-proxy", Anyone, Read),
        ("GET", "/mlflow/gateway/supported-providers", Anyone, Read),
        ("GET", "/mlflow/gateway/supported-models", Anyone, Read),
        ("GET", "/mlflow/gateway/provider-config", Anyone, Read),
        ("GET", "/mlflow/gateway/secrets/config", Anyone, Read),
        ("GET", "/mlflow/gateway/model-definitions/*", Anyone, Read),
        ("GET", "/mlflow/gateway/endpoints/*", Anyone, Read),
        ("*", "/mlflow/assistant/**", Anyone, Read),
        ("GET", "/get-artifact", Run, Read),
        ("GET", "/model-versions/get-artifact", Model, Read),
        ("GET", "//model-versions/get-artifact", Model, Read),
        ("GET", "/mlflow/users/current", Anyone, Read),
        ("GET", "/mlflow/users/current/permissions", Anyone, Read),
        ("GET", "/mlflow/users/get", Oneself, Read),
        ("GET", "/mlflow/users/permissions/list", Oneself, Read),
        ("PATCH", "/mlflow/users/update-password", Oneself, Update),
        ("POST", "/mlflow/users/tokens/create", Oneself, Update),
        ("*", "/mlflow/users/**", Admin, Manage),
        ("GET", "/mlflow/users/permissions/get", Resource, Manage),
        ("POST", "/mlflow/users/permissions/grant", Resource, Manage),
        ("POST", "/mlflow/users/permissions/revoke", Resource, Manage),
        ("*", "/mlflow/experiments/permissions/*", Experiment, Manage),
        ("*", "/mlflow/registered-models/permissions/*", Model, Manage),
        ("POST", "/mlflow/experiments/create", Anyone, Update),
        ("*", "/mlflow/experiments/search", Anyone, Read),
        ("GET", "/mlflow/experiments/get", Experiment, Read),
        ("GET", "/mlflow/experiments/get-by-name", ExperimentName, Read),
        ("POST", "/mlflow/experiments/search-datasets", Experiments, Read),
        ("POST", "/mlflow/experiments/update", Experiment, Update),
        ("POST", "/mlflow/experiments/set-experiment-tag", Experiment, Update),
        ("POST", "/mlflow/experiments/delete-experiment-tag", Experiment, Update),
        ("POST", "/mlflow/experiments/delete", Experiment, Delete),
        ("POST", "/mlflow/experiments/restore", Experiment, Delete),
        ("POST", "/mlflow/runs/create", Experiment, Update),
        ("POST", "/mlflow/runs/create-promptlab-run", Experiment, Update),
        ("POST", "/mlflow/runs/search", Experiments, Read),
        ("GET", "/mlflow/runs/get", Run, Read),
        ("POST", "/mlflow/runs/delete", Run, Delete),
        ("POST", "/mlflow/runs/restore", Run, Delete),
        ("POST", "/mlflow/runs/*", Run, Update),
        ("GET", "/mlflow/metrics/get-history", Run, Read),
        ("GET", "/mlflow/metrics/get-history-bulk", Runs, Read),
        ("GET", "/mlflow/metrics/get-history-bulk-interval", Runs, Read),
        ("GET", "/mlflow/artifacts/list", Run, Read),
        ("POST", "/mlflow/artifacts/presigned-download-url", Run, Read),
        ("POST", "/mlflow/artifacts/presigned-upload-url", Run, Update),
        ("POST", "/mlflow/upload-artifact", Run, Update),
        ("*", "/mlflow-artifacts/**", Artifact, Update),
        ("POST", "/mlflow/logged-models", Experiment, Update),
        ("POST", "/mlflow/logged-models/search", Experiments, Read),
        ("GET", "/mlflow/logged-models/*", LoggedModel, Read),
        ("GET", "/mlflow/logged-models/*/**", LoggedModel, Read),
        ("PATCH", "/mlflow/logged-models/*", LoggedModel, Update),
        ("PATCH", "/mlflow/logged-models/*/tags", LoggedModel, Update),
        ("POST", "/mlflow/logged-models/*/params", LoggedModel, Update),
        ("DELETE", "/mlflow/logged-models/**", LoggedModel, Delete),
        ("POST", "/mlflow/registered-models/create", Anyone, Update),
        ("GET", "/mlflow/registered-models/search", Anyone, Read),
        ("*", "/mlflow/registered-models/get-latest-versions", Model, Read),
        ("GET", "/mlflow/registered-models/*", Model, Read),
        ("PATCH", "/mlflow/registered-models/update", Model, Update),
        ("POST", "/mlflow/registered-models/rename", Model, Update),
        ("POST", "/mlflow/registered-models/set-tag", Model, Update),
        ("POST", "/mlflow/registered-models/alias", Model, Update),
        ("DELETE", "/mlflow/registered-models/delete-tag", Model, Update),
        ("DELETE", "/mlflow/registered-models/*", Model, Delete),
        ("GET", "/mlflow/model-versions/search", Anyone, Read),
        ("GET", "/mlflow/model-versions/*", Model, Read),
        ("DELETE", "/mlflow/model-versions/*", Model, Delete),
        ("*", "/mlflow/model-versions/*", Model, Update),
        ("POST", "/v1/traces", Experiment, Update),
        ("POST", "/mlflow/traces", Experiment, Update),
        ("GET", "/mlflow/traces", Experiments, Read),
        ("POST", "/mlflow/traces/search", Experiments, Read),
        ("POST", "/mlflow/traces/metrics", Experiments, Read),
        ("GET", "/mlflow/traces/batchGet", Traces, Read),
        ("POST", "/mlflow/traces/batchGetInfos", Traces, Read),
        ("GET", "/mlflow/traces/get", Traces, Read),
        ("POST", "/mlflow/traces/delete-traces", Experiment, Delete),
        ("GET", "/mlflow/traces/*", Trace, Read),
        ("GET", "/mlflow/traces/*/**", Trace, Read),
        ("PATCH", "/mlflow/traces/**", Trace, Update),
        ("POST", "/mlflow/traces/*/assessments", Trace, Update),
        ("DELETE", "/mlflow/traces/**", Trace, Update),
        ("POST", "/mlflow/issues", Experiment, Update),
        ("POST", "/mlflow/issues/search", Experiment, Read),
        ("GET", "/mlflow/issues/*", Issue, Read),
        ("PATCH", "/mlflow/issues/*", Issue, Update),
        ("POST", "/mlflow/scorers/register", Experiment, Update),
        ("GET", "/mlflow/scorers/list", Anyone, Read),
        ("GET", "/mlflow/scorers/versions", Experiment, Read),
        ("GET", "/mlflow/scorers/get", Experiment, Read),
        ("DELETE", "/mlflow/scorers/delete", Experiment, Delete),
        ("PUT", "/mlflow/scorers/online-config", Experiment, Update),
        ("GET", "/mlflow/scorers/online-configs", Anyone, Read),
        ("POST", "/mlflow/datasets/create", NewDataset, Update),
        ("*", "/mlflow/datasets/search", Experiments, Read),
        ("GET", "/mlflow/datasets/*", Dataset, Read),
        ("GET", "/mlflow/datasets/*/*", Dataset, Read),
        ("DELETE", "/mlflow/datasets/*", Dataset, Delete),
        ("DELETE", "/mlflow/datasets/*/**", Dataset, Update),
        ("PATCH", "/mlflow/datasets/*/tags", Dataset, Update),
        ("POST", "/mlflow/datasets/*/records", Dataset, Update),
        ("POST", "/mlflow/datasets/*/add-experiments", DatasetInto, Update),
        ("POST", "/mlflow/datasets/*/remove-experiments", Dataset, Update),
    ]
};

/// What a request to this path, without its prefix, needs.
pub(crate) fn rule(method: &Method, path: &str) -> Rule {
    let line =
        RULES.iter().filter(|(verb, pattern, ..)| (*verb == "*" || *verb == method.as_str()) && matches(pattern, path));
    // The line that says most decides, wherever it stands.
    let line = line.max_by_key(|(verb, pattern, ..)| (!pattern.contains("**"), pattern.len(), *verb != "*"));
    match line {
        Some((_, _, target, need)) => {
            let need = match (target, method) {
                (Target::Artifact, &Method::GET) => Need::Read,
                (Target::Artifact, &Method::DELETE) => Need::Delete,
                _ => *need,
            };
            Rule { target: *target, need }
        }
        None => Rule { target: Target::Admin, need: Need::Manage },
    }
}

/// The part of the path that a `*` stands for, which names what it is about.
pub(crate) fn part<'a>(path: &'a str, after: &str) -> Option<&'a str> {
    path.strip_prefix(after)?.split('/').next().filter(|part| !part.is_empty())
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        if wanted == "**" {
            return parts.next().is_some();
        }
        match parts.next() {
            Some(part) if wanted == "*" || wanted == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::Target::{
        Admin, Anyone, Artifact, Experiment, Issue, LoggedModel, Model, Oneself, Resource, Run, Trace, Traces,
    };
    use super::{Rule, rule};
    use crate::access::level::Need::{Delete, Manage, Read, Update};

    #[test]
    fn each_route_has_its_rule() {
        let (get, post, delete, patch, put) = (Method::GET, Method::POST, Method::DELETE, Method::PATCH, Method::PUT);
        for (method, path, target, need) in [
            (&get, "/mlflow/runs/get", Run, Read),
            (&post, "/mlflow/runs/log-batch", Run, Update),
            (&post, "/mlflow/runs/delete", Run, Delete),
            (&post, "/mlflow/runs/create", Experiment, Update),
            (&get, "/mlflow/registered-models/get", Model, Read),
            (&get, "/mlflow/registered-models/search", Anyone, Read),
            (&post, "/mlflow/registered-models/get-latest-versions", Model, Read),
            (&delete, "/mlflow/registered-models/delete-tag", Model, Update),
            (&delete, "/mlflow/registered-models/delete", Model, Delete),
            (&delete, "/mlflow/registered-models/alias", Model, Delete),
            (&post, "/mlflow/model-versions/create", Model, Update),
            (&post, "/mlflow/model-versions/transition-stage", Model, Update),
            (&get, "/mlflow/logged-models/m-1", LoggedModel, Read),
            (&get, "/mlflow/logged-models/m-1/artifacts/directories", LoggedModel, Read),
            (&patch, "/mlflow/logged-models/m-1/tags", LoggedModel, Update),
            (&delete, "/mlflow/logged-models/m-1/tags/k", LoggedModel, Delete),
            (&get, "/mlflow-artifacts/artifacts/0/r/artifacts/x", Artifact, Read),
            (&put, "/mlflow-artifacts/artifacts/0/r/artifacts/x", Artifact, Update),
            (&delete, "/mlflow-artifacts/artifacts/0/r/artifacts/x", Artifact, Delete),
            (&get, "/mlflow/traces/get", Traces, Read),
            (&get, "/mlflow/traces/tr-1/info", Trace, Read),
            (&post, "/mlflow/traces", Experiment, Update),
            (&post, "/mlflow/issues/search", Experiment, Read),
            (&patch, "/mlflow/issues/iss-1", Issue, Update),
            (&delete, "/mlflow/scorers/delete", Experiment, Delete),
            (&get, "/mlflow/users/get", Oneself, Read),
            (&post, "/mlflow/users/create", Admin, Manage),
            (&delete, "/mlflow/users/delete", Admin, Manage),
            (&post, "/mlflow/users/permissions/grant", Resource, Manage),
            (&post, "/mlflow/experiments/permissions/create", Experiment, Manage),
            (&get, "/mlflow/registered-models/permissions/get", Model, Manage),
            (&post, "/mlflow/webhooks", Admin, Manage),
            (&get, "/mlflow/nothing", Admin, Manage),
            (&delete, "/mlflow/runs/get", Admin, Manage),
        ] {
            assert_eq!(rule(method, path), Rule { target, need }, "{method} {path}");
        }
    }
}
