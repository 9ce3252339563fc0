//! The handlers of what is known of providers and their models.

use serde_json::json;

use crate::gateway::authorship::given;
use crate::gateway::catalog;
use crate::{Answer, Asked, Error};

pub(super) async fn providers() -> Answer {
    Answer(json!({ "providers": catalog::providers() }))
}

pub(super) async fn models(asked: Asked) -> Result<Answer, Error> {
    Ok(Answer(json!({ "models": catalog::models(given(&asked, "provider")?.as_deref()) })))
}

pub(super) async fn config(asked: Asked) -> Result<Answer, Error> {
    let provider = given(&asked, "provider")?.ok_or_else(|| Error::invalid("Provider parameter is required"))?;
    let mut config = catalog::config(&provider.to_lowercase());
    // Of no provider: nothing is asked of a model here.
    config["env_credentials_available"] = false.into();
    Ok(Answer(config))
}
