//! Who may do what with which experiment or model.

use strata_database::{Row, Transaction, query};

use super::level::Level;
use super::users::User;
use crate::Error;

/// What can be granted on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Kind {
    /// By id.
    Experiment,
    /// By name; prompts too.
    Model,
}

impl Kind {
    pub(crate) fn parse(name: &str) -> Result<Self, Error> {
        match name {
            "experiment" => Ok(Self::Experiment),
            "registered_model" | "prompt" => Ok(Self::Model),
            _ => Err(Error::invalid(format!(
                "Invalid resource type '{name}'. Valid resource types are: ('experiment', 'registered_model', 'prompt')"
            ))),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Experiment => "experiment",
            Self::Model => "registered_model",
        }
    }
}

/// Grants, or replaces what was granted.
pub(crate) async fn set(
    tx: &mut Transaction,
    user: &User,
    kind: Kind,
    resource: &str,
    level: Level,
) -> Result<(), Error> {
    let sql = "INSERT INTO grants (user_id, kind, resource, level) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (user_id, kind, resource) DO UPDATE SET level = excluded.level";
    query(sql).bind(user.id).bind(kind.name()).bind(resource).bind(level.name()).execute(&mut **tx).await?;
    Ok(())
}

/// What was granted on one, if anything.
pub(crate) async fn get(tx: &mut Transaction, user: &User, kind: Kind, resource: &str) -> Result<Option<Level>, Error> {
    let sql = "SELECT level FROM grants WHERE user_id = $1 AND kind = $2 AND resource = $3";
    let row = query(sql).bind(user.id).bind(kind.name()).bind(resource).fetch_optional(&mut **tx).await?;
    row.map(|row| Level::parse(&row.try_get::<String, _>(0)?)).transpose()
}

/// All that was granted to a user: kind, resource, level.
pub(crate) async fn list(tx: &mut Transaction, user: &User) -> Result<Vec<(Kind, String, Level)>, Error> {
    let sql = "SELECT kind, resource, level FROM grants WHERE user_id = $1 ORDER BY kind, resource";
    let rows = query(sql).bind(user.id).fetch_all(&mut **tx).await?;
    let grant = |row: &strata_database::AnyRow| {
        let (kind, resource, level): (String, String, String) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok((Kind::parse(&kind)?, resource, Level::parse(&level)?))
    };
    rows.iter().map(grant).collect()
}

/// Takes a grant back; whether there was one.
pub(crate) async fn revoke(tx: &mut Transaction, user: &User, kind: Kind, resource: &str) -> Result<bool, Error> {
    let sql = "DELETE FROM grants WHERE user_id = $1 AND kind = $2 AND resource = $3";
    let done = query(sql).bind(user.id).bind(kind.name()).bind(resource).execute(&mut **tx).await?;
    Ok(done.rows_affected() > 0)
}

/// Of what is gone nothing remains: a new one of its name is another.
pub(crate) async fn forget(tx: &mut Transaction, kind: Kind, resource: &str) -> Result<(), Error> {
    let sql = "DELETE FROM grants WHERE kind = $1 AND resource = $2";
    query(sql).bind(kind.name()).bind(resource).execute(&mut **tx).await?;
    Ok(())
}

/// Grants go with a model's name.
pub(crate) async fn rename(tx: &mut Transaction, kind: Kind, old: &str, new: &str) -> Result<(), Error> {
    forget(tx, kind, new).await?;
    let sql = "UPDATE grants SET resource = $1 WHERE kind = $2 AND resource = $3";
    query(sql).bind(new).bind(kind.name()).bind(old).execute(&mut **tx).await?;
    Ok(())
}
