//! The handlers of secrets.

use axum::extract::State;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::gateway::authorship::{Authorship, given};
use crate::gateway::masked::masked;
use crate::gateway::secrets::{self, GatewaySecret};
use crate::{Answer, Asked, Error, Shared};

/// What would lead requests elsewhere than they seem to go.
const DESTINATIONS: [&str; 5] = ["api_base", "base_url", "custom_llm_provider", "fallbacks", "model_list"];

pub(super) async fn create(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let name = asked.required("secret_name")?;
    let values =
        values(&asked)?.ok_or_else(|| Error::invalid("Missing value for required parameter 'secret_value'."))?;
    let secret = GatewaySecret {
        id: format!("s-{}", Uuid::new_v4().simple()),
        name,
        masked: masked(&values),
        closed: shared.vault.close(&Value::from(values).to_string()),
        provider: given(&asked, "provider")?,
        auth_config: auth_config(&asked)?.filter(|config| !config.is_empty()),
        authorship: Authorship::new(shared.now().millis(), given(&asked, "created_by")?),
    };
    let mut tx = shared.write().await?;
    secret.save(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "secret": secret.to_json() })))
}

pub(super) async fn read(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("secret_id")?;
    Ok(Answer(json!({ "secret": secrets::get(&mut *shared.read().await?, &id).await?.to_json() })))
}

/// What is named is changed; a configuration that says nothing takes the old one away.
pub(super) async fn update(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let (id, by) = (asked.required("secret_id")?, given(&asked, "updated_by")?);
    let (values, config) = (values(&asked)?, auth_config(&asked)?);
    let mut tx = shared.write().await?;
    let mut secret = secrets::get(&mut tx, &id).await?;
    if let Some(values) = values {
        secret.masked = masked(&values);
        secret.closed = shared.vault.close(&Value::from(values).to_string());
    }
    if let Some(config) = config {
        secret.auth_config = Some(config).filter(|config| !config.is_empty());
    }
    secret.authorship.change(shared.now().millis(), by);
    secret.save(&mut tx).await?;
    tx.commit().await?;
    Ok(Answer(json!({ "secret": secret.to_json() })))
}

pub(super) async fn delete(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let id = asked.required("secret_id")?;
    let mut tx = shared.write().await?;
    secrets::delete(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(Answer::empty())
}

pub(super) async fn list(State(shared): State<Shared>, asked: Asked) -> Result<Answer, Error> {
    let provider = given(&asked, "provider")?;
    let secrets = secrets::list(&mut *shared.read().await?, provider).await?;
    if secrets.is_empty() {
        return Ok(Answer::empty());
    }
    Ok(Answer(json!({ "secrets": secrets.iter().map(GatewaySecret::to_json).collect::<Vec<_>>() })))
}

/// Whether secrets can be kept. Without a passphrase they are closed by a key that was made for this store, of which
/// MLflow's pages know nothing: they show what they show of a passphrase that is the default.
pub(super) async fn config(State(shared): State<Shared>) -> Answer {
    Answer(json!({ "secrets_available": true, "using_default_passphrase": !shared.vault.has_passphrase }))
}

/// `secret_value`, which no complaint repeats.
fn values(asked: &Asked) -> Result<Option<Map<String, Value>>, Error> {
    let Some(value) = asked.get("secret_value") else { return Ok(None) };
    let values = value.as_object().filter(|values| values.values().all(Value::is_string));
    let values =
        values.ok_or_else(|| Error::invalid("Invalid value for parameter 'secret_value': not texts by name."))?;
    refuse(values, "secret_value", &DESTINATIONS)?;
    Ok(Some(values.clone()).filter(|values| !values.is_empty()))
}

/// `auth_config`, without an address that is empty.
fn auth_config(asked: &Asked) -> Result<Option<Map<String, Value>>, Error> {
    let Some(value) = asked.get("auth_config") else { return Ok(None) };
    let config = value.as_object().filter(|config| config.values().all(Value::is_string));
    let config =
        config.ok_or_else(|| Error::invalid("Invalid value for parameter 'auth_config': not texts by name."))?;
    if config.is_empty() {
        return Ok(None);
    }
    let mut config = config.clone();
    let others: Vec<&str> = DESTINATIONS.into_iter().filter(|key| *key != "api_base").collect();
    refuse(&config, "auth_config", &others)?;
    let address = config.remove("api_base");
    if let Some(address) = address.as_ref().and_then(Value::as_str).map(str::trim).filter(|address| !address.is_empty())
    {
        let parsed = url::Url::parse(address).ok();
        if !parsed.is_some_and(|url| url.scheme() == "https" && url.has_host()) {
            return Err(Error::invalid(format!("Gateway secret api_base '{address}' is not an address of https.")));
        }
        config.insert("api_base".to_owned(), address.into());
    }
    Ok(Some(config))
}

fn refuse(values: &Map<String, Value>, parameter: &str, keys: &[&str]) -> Result<(), Error> {
    let found: Vec<String> =
        keys.iter().filter(|key| values.contains_key(**key)).map(|key| format!("'{key}'")).collect();
    if found.is_empty() {
        return Ok(());
    }
    let found = found.join(", ");
    Err(Error::invalid(format!(
        "{parameter} must not contain {found}: these keys choose where the gateway sends requests. Set the upstream with \
         'api_base' in auth_config, where it is validated."
    )))
}
