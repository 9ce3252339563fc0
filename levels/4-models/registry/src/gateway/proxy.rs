//! `/gateway-proxy`: MLflow's pages ask a server of MLflow Deployments through it, if there is one.

use std::sync::LazyLock;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use serde_json::{Value, json};

use crate::{Answer, Asked, Error, Shared};

/// The variable of MLflow's server for where that is.
const TARGET: &str = "MLFLOW_DEPLOYMENTS_TARGET";
/// A model may take its time.
const PATIENCE: Duration = Duration::from_mins(5);

static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

/// Under `/mlflow` of each prefix.
pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/gateway-proxy", get(answer).post(answer))
}

/// Without a server there is none that offers anything.
async fn answer(State(_): State<Shared>, method: Method, asked: Asked) -> Result<Answer, Error> {
    let Some(target) = std::env::var(TARGET).ok().filter(|target| !target.is_empty()) else {
        return Ok(Answer(json!({ "endpoints": [] })));
    };
    let path = asked.text("gateway_path")?.unwrap_or_default();
    check(&method, &path)?;
    let question = CLIENT.request(method, format!("{}/{path}", target.trim_end_matches('/'))).timeout(PATIENCE);
    let question = match asked.get("json_data") {
        Some(data) => question.header(CONTENT_TYPE, "application/json").body(data.to_string()),
        None => question,
    };
    let failed = |why: &dyn std::fmt::Display| Error::invalid(format!("Deployments proxy request failed: {why}"));
    let answer = question.send().await.map_err(|error| failed(&error))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| failed(&error))?;
    if !status.is_success() {
        return Err(failed(&format!("error code {}. Error message: {text}", status.as_u16())));
    }
    let said: Value = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    Ok(Answer(said))
}

/// Only the list of endpoints, and questions to one of them.
fn check(method: &Method, path: &str) -> Result<(), Error> {
    if path.is_empty() {
        return Err(Error::invalid("Deployments proxy request must specify a gateway_path."));
    }
    let plain = path.trim_matches('/');
    let name = plain.strip_prefix("gateway/").and_then(|rest| rest.strip_suffix("/invocations"));
    let is_question = name.is_some_and(|name| !name.is_empty() && !name.contains(['/', '?', '#']) && name != "..");
    if if *method == Method::POST { is_question } else { plain == "api/2.0/endpoints" } {
        return Ok(());
    }
    Err(Error::invalid(format!("Invalid gateway_path: {path} for method: {method}")))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::check;

    #[test]
    fn a_path_leads_nowhere_else() {
        for path in ["api/2.0/endpoints", "/api/2.0/endpoints/"] {
            check(&Method::GET, path).unwrap();
        }
        check(&Method::POST, "gateway/chat/invocations").unwrap();
        for path in ["", "foo/bar", "gateway//invocations", "gateway/../invocations", "gateway/a/b/invocations"] {
            assert!(check(&Method::POST, path).is_err() && check(&Method::GET, path).is_err(), "{path}");
        }
    }
}
