//! Keys of providers of models. They are taken and never given: only what [masks](super::masked) them is.

use serde_json::{Map, Value, json};
use strata_database::{AnyRow, AssertSqlSafe, Row, SqlError, Transaction, is_duplicate, query};

use super::authorship::Authorship;
use super::missing;
use crate::Error;
use crate::statement::Statement;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct GatewaySecret {
    pub(super) id: String,
    pub(super) name: String,
    /// Encrypted.
    pub(super) closed: String,
    pub(super) masked: Map<String, Value>,
    pub(super) provider: Option<String>,
    /// What is no secret: a region, the way to prove who one is.
    pub(super) auth_config: Option<Map<String, Value>>,
    pub(super) authorship: Authorship,
}

const SELECT: &str = "SELECT id, name, closed, masked, provider, auth_config, created_at, updated_at, created_by, \
                      updated_by FROM gateway_secrets";

impl GatewaySecret {
    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        let (masked, config): (String, Option<String>) = (row.try_get(3)?, row.try_get(5)?);
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            closed: row.try_get(2)?,
            masked: serde_json::from_str(&masked).unwrap_or_default(),
            provider: row.try_get(4)?,
            auth_config: config.and_then(|config| serde_json::from_str(&config).ok()),
            authorship: Authorship::of(row, 6)?,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({ "secret_id": self.id, "secret_name": self.name, "masked_values": self.masked });
        if let Some(provider) = &self.provider {
            json["provider"] = provider.as_str().into();
        }
        if let Some(config) = &self.auth_config {
            json["auth_config"] = config.clone().into();
        }
        self.authorship.write(&mut json);
        json
    }

    /// Writes it, whether it is new or was there.
    pub(super) async fn save(&self, tx: &mut Transaction) -> Result<(), Error> {
        let sql = "INSERT INTO gateway_secrets (id, name, closed, masked, provider, auth_config, created_at, updated_at, \
                   created_by, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE \
                   SET closed = excluded.closed, masked = excluded.masked, auth_config = excluded.auth_config, \
                   updated_at = excluded.updated_at, updated_by = excluded.updated_by";
        let (masked, authorship) = (Value::from(self.masked.clone()).to_string(), &self.authorship);
        let config = self.auth_config.clone().map(|config| Value::from(config).to_string());
        let insert = query(sql).bind(&self.id).bind(&self.name).bind(&self.closed).bind(masked);
        let insert = insert.bind(self.provider.as_deref()).bind(config);
        let insert = insert.bind(authorship.created_at).bind(authorship.updated_at);
        let insert = insert.bind(authorship.created_by.as_deref()).bind(authorship.updated_by.as_deref());
        insert.execute(&mut **tx).await.map_err(|error| {
            let taken = format!("Secret with name '{}' already exists", self.name);
            if is_duplicate(&error) { Error::already_exists(taken) } else { error.into() }
        })?;
        Ok(())
    }
}

pub(super) async fn get(tx: &mut Transaction, id: &str) -> Result<GatewaySecret, Error> {
    let row = query(AssertSqlSafe(format!("{SELECT} WHERE id = $1"))).bind(id).fetch_optional(&mut **tx).await?;
    Ok(GatewaySecret::of(&row.ok_or_else(|| missing("GatewaySecret", "secret_id", id))?)?)
}

pub(super) async fn list(tx: &mut Transaction, provider: Option<String>) -> Result<Vec<GatewaySecret>, Error> {
    let mut statement = Statement::default();
    if let Some(provider) = provider {
        let condition = format!("provider = {}", statement.text(provider));
        statement.and(condition);
    }
    let rows = statement.rows(tx, SELECT, "ORDER BY created_at, id").await?;
    Ok(rows.iter().map(GatewaySecret::of).collect::<Result<_, _>>()?)
}

/// Models that were reached with it stay, and have none.
pub(super) async fn delete(tx: &mut Transaction, id: &str) -> Result<(), Error> {
    get(tx, id).await?;
    query("UPDATE gateway_definitions SET secret = NULL WHERE secret = $1").bind(id).execute(&mut **tx).await?;
    query("DELETE FROM gateway_secrets WHERE id = $1").bind(id).execute(&mut **tx).await?;
    Ok(())
}
