//! MLflow's own database, as its server 3.18.0 has it.

use strata_database::{Database, query_scalar};

use super::Error;

/// The version of the tables that is understood, as Alembic numbers them: that of MLflow 3.18.0.
pub(super) const REVISION: &str = "f4a9b2c7d1e6";
/// The tables of an empty store.
///
/// Made by the real server's own `mlflow db upgrade sqlite:///empty.db`, version 3.18.0, and written down by SQLite's `.dump`.
pub(super) const SCHEMA: &str = include_str!("mlflow-3.18.0.sql");
/// Whose the things are that are not in a workspace of their own.
pub(super) const WORKSPACE: &str = "default";

/// Under which it keeps the outputs of a record, which may be anything, in an object.
pub(super) const WRAPPED: &str = "mlflow_wrapped";

/// Refuses a database that is none of MLflow's, or one of another version, and says what to do.
pub(super) async fn check(database: &Database) -> Result<(), Error> {
    let location = database.location();
    let mut tx = database.read().await?;
    let found: Result<Option<String>, _> =
        query_scalar("SELECT version_num FROM alembic_version").fetch_optional(&mut *tx).await;
    match found {
        Ok(Some(revision)) if revision == REVISION => Ok(()),
        Ok(Some(revision)) => Err(Error::Form(format!(
            "{location} has MLflow's tables in revision {revision}, and this Strata knows {REVISION} (MLflow 3.18.0). If it \
             is older: copy the database, and let MLflow 3.18.0 bring the copy up (pip install mlflow==3.18.0; mlflow db \
             upgrade URL). If it is newer: take a newer Strata."
        ))),
        _ => Err(Error::Form(format!(
            "{location} is no database of an MLflow server: it has no table alembic_version with a revision in it"
        ))),
    }
}
