//! MLflow's gateway to language models, as far as it is kept: keys of providers, models and the endpoints that offer them.
//!
//! Nothing is asked of a model here. What is kept is for those who do, and for the judges that name an endpoint.

pub(crate) mod http;
pub(crate) mod proxy;
pub(crate) mod tables;

mod authorship;
mod bindings;
mod catalog;
mod definitions;
mod endpoints;
mod mappings;
mod masked;
mod secrets;
mod vault;

pub(crate) use vault::Vault;

use std::collections::HashMap;

use strata_database::{Row, SqlError, Transaction, query};

use crate::Error;

/// The id of the endpoint of this name; an error if there is none.
pub(crate) async fn endpoint_of(tx: &mut Transaction, name: &str) -> Result<String, Error> {
    Ok(endpoints::by_name(tx, name).await?.id)
}

/// The names of all endpoints by their ids.
pub(crate) async fn endpoint_names(tx: &mut Transaction) -> Result<HashMap<String, String>, Error> {
    let rows = query("SELECT id, name FROM gateway_endpoints").fetch_all(&mut **tx).await?;
    Ok(rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, SqlError>>()?)
}

/// Keeps that a scorer asks this endpoint, and no other.
pub(crate) async fn bind_scorer(tx: &mut Transaction, now: i64, endpoint: String, scorer: &str) -> Result<(), Error> {
    bindings::forget_scorer(tx, scorer).await?;
    bindings::Binding::of_scorer(endpoint, scorer, now).save(tx).await
}

/// Forgets what a scorer asked, which is gone.
pub(crate) async fn unbind_scorer(tx: &mut Transaction, scorer: &str) -> Result<(), Error> {
    bindings::forget_scorer(tx, scorer).await
}

/// Something that was asked for by one of two names is not there.
fn missing(what: &str, key: &str, value: &str) -> Error {
    Error::does_not_exist(format!("{what} not found ({key}='{value}')"))
}
