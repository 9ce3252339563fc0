//! Models of providers, each with the secret by which it is reached.

use serde_json::{Value, json};
use strata_database::{AnyRow, AssertSqlSafe, Row, SqlError, Transaction, is_duplicate, query, query_scalar};

use super::authorship::Authorship;
use super::missing;
use crate::Error;
use crate::statement::Statement;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Definition {
    pub(super) id: String,
    pub(super) name: String,
    /// None once it was deleted.
    pub(super) secret: Option<String>,
    pub(super) secret_name: Option<String>,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) authorship: Authorship,
}

const SELECT: &str = "SELECT d.id, d.name, d.secret, s.name, d.provider, d.model, d.created_at, d.updated_at, \
                      d.created_by, d.updated_by FROM gateway_definitions d LEFT JOIN gateway_secrets s ON s.id = d.secret";

impl Definition {
    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            secret: row.try_get(2)?,
            secret_name: row.try_get(3)?,
            provider: row.try_get(4)?,
            model: row.try_get(5)?,
            authorship: Authorship::of(row, 6)?,
        })
    }

    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "model_definition_id": self.id,
            "name": self.name,
            "provider": self.provider,
            "model_name": self.model,
        });
        for (name, value) in [("secret_id", &self.secret), ("secret_name", &self.secret_name)] {
            if let Some(value) = value {
                json[name] = value.as_str().into();
            }
        }
        self.authorship.write(&mut json);
        json
    }

    /// Writes it, whether it is new or was there.
    pub(super) async fn save(&self, tx: &mut Transaction) -> Result<(), Error> {
        let sql = "INSERT INTO gateway_definitions (id, name, secret, provider, model, created_at, updated_at, created_by, \
                   updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET \
                   name = excluded.name, secret = excluded.secret, provider = excluded.provider, model = excluded.model, \
                   updated_at = excluded.updated_at, updated_by = excluded.updated_by";
        let insert = query(sql).bind(&self.id).bind(&self.name).bind(self.secret.as_deref());
        let insert = insert.bind(&self.provider).bind(&self.model);
        let insert = insert.bind(self.authorship.created_at).bind(self.authorship.updated_at);
        let insert = insert.bind(self.authorship.created_by.as_deref()).bind(self.authorship.updated_by.as_deref());
        insert.execute(&mut **tx).await.map_err(|error| {
            let taken = format!("Model definition with name '{}' already exists", self.name);
            if is_duplicate(&error) { Error::already_exists(taken) } else { error.into() }
        })?;
        Ok(())
    }
}

pub(super) async fn get(tx: &mut Transaction, id: &str) -> Result<Definition, Error> {
    let row = query(AssertSqlSafe(format!("{SELECT} WHERE d.id = $1"))).bind(id).fetch_optional(&mut **tx).await?;
    Ok(Definition::of(&row.ok_or_else(|| missing("GatewayModelDefinition", "model_definition_id", id))?)?)
}

pub(super) async fn list(
    tx: &mut Transaction,
    provider: Option<String>,
    secret: Option<String>,
) -> Result<Vec<Definition>, Error> {
    let mut statement = Statement::default();
    for (column, value) in [("d.provider", provider), ("d.secret", secret)] {
        if let Some(value) = value {
            let condition = format!("{column} = {}", statement.text(value));
            statement.and(condition);
        }
    }
    let rows = statement.rows(tx, SELECT, "ORDER BY d.created_at, d.id").await?;
    Ok(rows.iter().map(Definition::of).collect::<Result<_, _>>()?)
}

/// One that an endpoint offers stays.
pub(super) async fn delete(tx: &mut Transaction, id: &str) -> Result<(), Error> {
    get(tx, id).await?;
    let used = "SELECT COUNT(*) FROM gateway_mappings WHERE definition = $1";
    let used: i64 = query_scalar(used).bind(id).fetch_one(&mut **tx).await?;
    if used > 0 {
        // MLflow answers 500 here, which its client would ask again for minutes.
        return Err(Error::invalid(
            "Cannot delete model definition that is currently in use by endpoints. Detach it from all endpoints first.",
        ));
    }
    query("DELETE FROM gateway_definitions WHERE id = $1").bind(id).execute(&mut **tx).await?;
    Ok(())
}
