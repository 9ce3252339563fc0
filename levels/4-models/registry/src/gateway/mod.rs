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

use strata_database::Transaction;

use crate::Error;

/// Keeps that a scorer asks the endpoint of this name; an error if there is none.
pub(crate) async fn bind_scorer(tx: &mut Transaction, now: i64, endpoint: &str, scorer: &str) -> Result<(), Error> {
    let endpoint = endpoints::by_name(tx, endpoint).await?;
    bindings::Binding::of_scorer(endpoint.id, scorer, now).save(tx).await
}

/// Forgets what a scorer asked, which is gone.
pub(crate) async fn unbind_scorer(tx: &mut Transaction, scorer: &str) -> Result<(), Error> {
    bindings::forget_scorer(tx, scorer).await
}

/// Something that was asked for by one of two names is not there.
fn missing(what: &str, key: &str, value: &str) -> Error {
    Error::does_not_exist(format!("{what} not found ({key}='{value}')"))
}
