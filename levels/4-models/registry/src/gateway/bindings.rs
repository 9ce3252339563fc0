//! What uses an endpoint.

use serde_json::{Value, json};
use strata_database::{AnyRow, Row, SqlError, Transaction, query};

use super::authorship::Authorship;
use crate::Error;
use crate::statement::Statement;

/// The one kind that there is.
const SCORER: &str = "scorer";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binding {
    pub(super) endpoint: String,
    pub(super) resource_type: String,
    pub(super) resource_id: String,
    /// What the scorer is called, if it is there.
    pub(super) resource: Option<String>,
    pub(super) authorship: Authorship,
}

impl Binding {
    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            endpoint: row.try_get(0)?,
            resource_type: row.try_get(1)?,
            resource_id: row.try_get(2)?,
            authorship: Authorship::of(row, 3)?,
            resource: row.try_get(7)?,
        })
    }

    /// That a scorer asks this endpoint.
    pub(super) fn of_scorer(endpoint: String, scorer: &str, now: i64) -> Self {
        let authorship = Authorship::new(now, None);
        Self { endpoint, resource_type: SCORER.to_owned(), resource_id: scorer.to_owned(), resource: None, authorship }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "endpoint_id": self.endpoint,
            "resource_type": self.resource_type,
            "resource_id": self.resource_id,
        });
        self.authorship.write(&mut json);
        if let Some(name) = &self.resource {
            json["display_name"] = name.as_str().into();
        }
        json
    }

    /// A new one; the same again is fine.
    pub(super) async fn save(&self, tx: &mut Transaction) -> Result<(), Error> {
        if self.resource_type != SCORER {
            return Err(Error::invalid(format!("'{}' is not a valid GatewayResourceType", self.resource_type)));
        }
        let sql = "INSERT INTO gateway_bindings (endpoint, resource_type, resource_id, created_at, updated_at, \
                   created_by, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (endpoint, resource_type, resource_id) DO NOTHING";
        let insert = query(sql).bind(&self.endpoint).bind(&self.resource_type).bind(&self.resource_id);
        let insert = insert.bind(self.authorship.created_at).bind(self.authorship.updated_at);
        let insert = insert.bind(self.authorship.created_by.as_deref()).bind(self.authorship.updated_by.as_deref());
        insert.execute(&mut **tx).await?;
        Ok(())
    }
}

pub(super) async fn forget_scorer(tx: &mut Transaction, scorer: &str) -> Result<(), Error> {
    let sql = "DELETE FROM gateway_bindings WHERE resource_type = $1 AND resource_id = $2";
    query(sql).bind(SCORER).bind(scorer).execute(&mut **tx).await?;
    Ok(())
}

/// Those of which all that is named is so.
pub(super) async fn list(
    tx: &mut Transaction,
    endpoint: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
) -> Result<Vec<Binding>, Error> {
    let mut statement = Statement::default();
    for (column, value) in [("endpoint", endpoint), ("resource_type", resource_type), ("resource_id", resource_id)] {
        if let Some(value) = value {
            let condition = format!("b.{column} = {}", statement.text(value));
            statement.and(condition);
        }
    }
    let select = "SELECT b.endpoint, b.resource_type, b.resource_id, b.created_at, b.updated_at, b.created_by, \
                  b.updated_by, s.name FROM gateway_bindings b LEFT JOIN scorers s ON s.id = b.resource_id";
    let rows = statement.rows(tx, select, "ORDER BY b.created_at, b.resource_id").await?;
    Ok(rows.iter().map(Binding::of).collect::<Result<_, _>>()?)
}

pub(super) async fn delete(tx: &mut Transaction, endpoint: &str, kind: &str, id: &str) -> Result<(), Error> {
    let sql = "DELETE FROM gateway_bindings WHERE endpoint = $1 AND resource_type = $2 AND resource_id = $3";
    let done = query(sql).bind(endpoint).bind(kind).bind(id).execute(&mut **tx).await?;
    if done.rows_affected() > 0 {
        return Ok(());
    }
    Err(Error::does_not_exist(format!(
        "GatewayEndpointBinding not found (endpoint_id='{endpoint}', resource_type='{kind}', resource_id='{id}')"
    )))
}
