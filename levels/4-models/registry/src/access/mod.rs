//! Who may come in, and what they may do: MLflow's users and permissions, for experiments and registered models.

pub(crate) mod guard;
pub(crate) mod http;
pub(crate) mod tables;

mod credentials;
mod decide;
mod grants;
mod level;
mod password;
pub(crate) mod request;
mod rules;
pub(crate) mod users;

use std::sync::Arc;

use strata_config::Secret;
use strata_database::Database;

use self::guard::Access;
use self::level::Level;
use self::password::Known;
use crate::{Error, StartError, Users};

/// As configured; makes the first administrator if there is no user yet, because nobody else could make one.
pub(crate) async fn open(database: &Database, users: &Users) -> Result<Arc<Access>, StartError> {
    let default = Level::parse(&users.default_permission).map_err(StartError::Users)?;
    if list(database).await.map_err(StartError::Users)?.is_empty() {
        let missing = || StartError::NoAdmin(users.admin.clone());
        let password = users.admin_password.as_ref().ok_or_else(missing)?;
        make_admin(database, &users.admin, password).await.map_err(StartError::Users)?;
    }
    Ok(Arc::new(Access { known: Arc::new(Known::new()), default }))
}

async fn list(database: &Database) -> Result<Vec<users::User>, Error> {
    users::list(&mut database.read().await?).await
}

async fn make_admin(database: &Database, name: &str, password: &Secret) -> Result<(), Error> {
    let hash = password::hash(password)?;
    let mut tx = database.write().await?;
    users::create(&mut tx, name, &hash, true).await?;
    tx.commit().await?;
    Ok(())
}
