//! Every change leaves a record of who made it, on what, and how it ended; every refusal too. What runs and traces log of
//! themselves leaves its sum.

mod tally;
pub(crate) use tally::{Logged, Tally};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use strata_audit::{Action, Agent, AgentKind, Entity, Entry, Outcome};

use crate::access::guard::{BODY_BYTES, inner};
use crate::access::request::Named;
use crate::access::users::User;
use crate::{Error, Shared};

/// The resources whose changes are recorded.
const RESOURCES: [&str; 10] = [
    "experiments",
    "registered-models",
    "model-versions",
    "logged-models",
    "webhooks",
    "users",
    "issues",
    "scorers",
    "datasets",
    "gateway",
];
/// What is changed of traces: they are judged, labelled, linked and deleted. That they come is data.
const OF_TRACES: [&str; 5] = ["assessments", "tags", "link-to-run", "link-prompts", "delete-traces"];
/// The proxied store of artifacts.
const ARTIFACTS: &str = "/mlflow-artifacts/";
/// What can be done to a run as a whole.
const RUNS: [&str; 4] = ["create", "update", "delete", "restore"];
/// What a path ends with when a POST to it makes something.
const MADE: [&str; 6] = ["/create", "/webhooks", "/logged-models", "/assessments", "/issues", "/register"];
/// What is asked by other methods than GET, and changes nothing.
const QUESTIONS: [&str; 3] = ["search", "search-datasets", "get-latest-versions"];

/// Records a change after it was made, before it is answered.
pub(crate) async fn record(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let path = inner(request.uri().path()).to_owned();
    let method = request.method().clone();
    if !is_change(&method, &path) {
        let response = next.run(request).await;
        if let Some(logged) = response.extensions().get::<Logged>() {
            shared.tally.add(user(&response), logged).await;
        } else if is_refused(response.status()) && method != Method::GET {
            keep(&shared, entry(&response, &method, &path, &Named::default())).await;
        }
        return response;
    }
    let (parts, body) = request.into_parts();
    // Files stream through; nothing in them says whose they are.
    let (bytes, body) = if is_file(&path) {
        (Bytes::new(), body)
    } else {
        let Ok(bytes) = to_bytes(body, BODY_BYTES).await else {
            return Error::invalid("the body of the request is too large").into_response();
        };
        (bytes.clone(), Body::from(bytes))
    };
    let named = Named::new(parts.uri.query().unwrap_or_default(), &bytes);
    let response = next.run(Request::from_parts(parts, body)).await;

    keep(&shared, entry(&response, &method, &path, &named)).await;
    response
}

fn user(response: &Response) -> Option<String> {
    response.extensions().get::<User>().map(|user| user.name.clone())
}

fn agent(user: Option<&str>) -> Agent {
    match user {
        Some(name) => Agent::new(AgentKind::Person, name),
        None => Agent::new(AgentKind::Anonymous, "anonymous"),
    }
}

fn is_refused(status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN
}

fn entry(response: &Response, method: &Method, path: &str, named: &Named) -> Entry {
    let who = agent(user(response).as_deref());
    let mut entry = Entry::new(who, &format!("{method} {}", shape(path)), action(method, path));
    for entity in entities(path, named) {
        entry = entry.on(entity);
    }
    let status = response.status();
    if status.is_success() {
        entry
    } else {
        entry.failed(outcome(status), &format!("answered with {}", status.as_u16()))
    }
}

async fn keep(shared: &Shared, entry: Entry) {
    let (audit, what) = (shared.audit.clone(), format!("{entry:?}"));
    let recorded = tokio::task::spawn_blocking(move || audit.record(entry)).await;
    if !matches!(recorded, Ok(Ok(_))) {
        tracing::error!(?recorded, what, "a change was made and could not be recorded");
    }
}

/// Whether the request is about a file, whose bytes may be its body.
fn is_file(path: &str) -> bool {
    path.starts_with(ARTIFACTS) || path == "/mlflow/upload-artifact"
}

fn is_change(method: &Method, path: &str) -> bool {
    if is_file(path) {
        return *method != Method::GET && *method != Method::HEAD;
    }
    let Some((resource, rest)) = path.strip_prefix("/mlflow/").map(|path| path.split_once('/').unwrap_or((path, "")))
    else {
        return false;
    };
    let known = RESOURCES.contains(&resource)
        || (resource == "runs" && RUNS.contains(&rest))
        || (resource == "traces" && rest.split('/').any(|part| OF_TRACES.contains(&part)));
    known && *method != Method::GET && !QUESTIONS.contains(&rest)
}

fn action(method: &Method, path: &str) -> Action {
    let ends = |word: &str| path.ends_with(word);
    match *method {
        Method::DELETE => Action::Delete,
        _ if ends("/delete") || ends("/delete-traces") => Action::Delete,
        Method::POST if MADE.iter().any(|end| ends(end)) => Action::Create,
        Method::POST if ends("/test") => Action::Execute,
        _ => Action::Update,
    }
}

const fn outcome(status: StatusCode) -> Outcome {
    if status.as_u16() >= 500 { Outcome::SeriousFailure } else { Outcome::MinorFailure }
}

/// The path without what it is about, which is an entity.
fn shape(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    if path.starts_with(ARTIFACTS) {
        // A file's name may say more than a log should keep.
        parts.truncate(if parts.get(2) == Some(&"mpu") { 4 } else { 3 });
    }
    if matches!(parts.get(2), Some(&("webhooks" | "logged-models"))) {
        parts.drain(3..parts.len().min(4));
    }
    if parts.get(2) == Some(&"traces") {
        parts.retain(|part| ["", "mlflow", "traces"].contains(part) || OF_TRACES.contains(part));
    }
    parts.join("/")
}

fn entities(path: &str, named: &Named) -> Vec<Entity> {
    let all =
        |field: &str, entity: fn(&str) -> Entity| named.all(field).iter().map(|id| entity(id)).collect::<Vec<_>>();
    let resource = path.split('/').nth(2).unwrap_or_default();
    let mut entities = match resource {
        "experiments" => all("name", Entity::experiment),
        "registered-models" | "model-versions" => [all("name", Entity::model), all("new_name", Entity::model)].concat(),
        _ if path.starts_with(ARTIFACTS) => of_artifacts(path),
        "traces" => of_traces(path, named),
        "webhooks" => path.split('/').nth(3).map(Entity::webhook).into_iter().collect(),
        _ => Vec::new(),
    };
    entities.extend(all("experiment_id", Entity::experiment));
    entities.extend(all("experiment_ids", Entity::experiment));
    entities.extend(all("run_id", Entity::run));
    entities.extend(all("username", Entity::user));
    entities
}

/// The experiment and the run in whose folders an artifact is.
fn of_artifacts(path: &str) -> Vec<Entity> {
    let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = path.split('/').skip_while(|part| !digits(part));
    let experiment = parts.next().map(Entity::experiment);
    let run = parts.next().filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    experiment.into_iter().chain(run.map(Entity::run)).collect()
}

/// The trace in the address, and those that the request names.
fn of_traces(path: &str, named: &Named) -> Vec<Entity> {
    let in_path = path.split('/').nth(3).filter(|part| !OF_TRACES.contains(part)).map(Entity::trace);
    let named = ["trace_id", "trace_ids", "request_ids"].into_iter().flat_map(|field| named.all(field));
    in_path.into_iter().chain(named.map(|id| Entity::trace(&id))).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use strata_audit::Action;

    use super::{action, entities, is_change, shape};
    use crate::access::request::Named;

    #[test]
    fn changes_are_told_from_questions() {
        let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
        for (method, path) in [
            (&post, "/mlflow/registered-models/create"),
            (&delete, "/mlflow/registered-models/alias"),
            (&post, "/mlflow/webhooks"),
            (&post, "/mlflow/gateway/secrets/create"),
            (&post, "/mlflow/runs/delete"),
            (&post, "/mlflow/users/permissions/grant"),
            (&Method::PUT, "/mlflow-artifacts/artifacts/0/r/artifacts/x"),
            (&post, "/mlflow/upload-artifact"),
            (&post, "/mlflow/traces/tr-1/assessments"),
            (&Method::PATCH, "/mlflow/traces/tr-1/tags"),
            (&post, "/mlflow/traces/delete-traces"),
            (&post, "/mlflow/datasets/d-1/records"),
        ] {
            assert!(is_change(method, path), "{method} {path}");
        }
        for (method, path) in [
            (&get, "/mlflow/registered-models/get"),
            (&post, "/mlflow/registered-models/get-latest-versions"),
            (&post, "/mlflow/logged-models/search"),
            (&post, "/mlflow/datasets/search"),
            (&post, "/mlflow/runs/log-metric"),
            (&post, "/v1/traces"),
            (&post, "/mlflow/traces"),
            (&post, "/mlflow/traces/search"),
            (&get, "/health"),
            (&get, "/mlflow-artifacts/artifacts/0/r/artifacts/x"),
        ] {
            assert!(!is_change(method, path), "{method} {path}");
        }
    }

    #[test]
    fn a_record_says_what_was_done_on_what() {
        assert_eq!(action(&Method::POST, "/mlflow/runs/delete"), Action::Delete);
        assert_eq!(action(&Method::POST, "/mlflow/webhooks"), Action::Create);
        assert_eq!(action(&Method::POST, "/mlflow/webhooks/w/test"), Action::Execute);
        assert_eq!(action(&Method::POST, "/mlflow/registered-models/set-tag"), Action::Update);
        assert_eq!(shape("/mlflow/webhooks/0a-b/test"), "/mlflow/webhooks/test");
        assert_eq!(shape("/mlflow/webhooks"), "/mlflow/webhooks");
        let named = Named::new("", br#"{"name": "risk", "new_name": "risk2"}"#);
        let ids = |path: &str| {
            entities(path, &named).iter().map(|e| format!("{} {}", e.kind().name(), e.id())).collect::<Vec<_>>()
        };
        assert_eq!(ids("/mlflow/registered-models/rename"), ["model risk", "model risk2"]);
        assert_eq!(ids("/mlflow/webhooks/w1"), ["webhook w1"]);
        assert_eq!(ids("/mlflow/traces/tr-1/assessments/a"), ["trace tr-1"]);
        assert_eq!(shape("/mlflow/traces/tr-1/assessments/a"), "/mlflow/traces/assessments");
        let path = format!("/mlflow-artifacts/artifacts/7/{}/artifacts/p000001.csv", "a".repeat(32));
        assert_eq!(ids(&path), ["experiment 7".to_owned(), format!("run {}", "a".repeat(32))]);
        assert_eq!(shape(&path), "/mlflow-artifacts/artifacts");
        assert_eq!(shape("/mlflow-artifacts/mpu/create/7/x"), "/mlflow-artifacts/mpu/create");
    }
}
