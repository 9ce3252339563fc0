//! Which models an endpoint offers, and what part each has.

use serde_json::{Value, json};
use strata_database::{AnyRow, Row, SqlError, Transaction, is_duplicate, query, query_scalar};
use uuid::Uuid;

use super::definitions::{self, Definition};
use crate::{Asked, Error};

/// What is wanted of a model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) definition: String,
    weight: f64,
    linkage: &'static str,
    fallback_order: Option<i64>,
}

const LINKAGES: [&str; 2] = ["PRIMARY", "FALLBACK"];

impl Wanted {
    /// `place` says which one is complained of.
    pub(super) fn of(asked: &Asked, place: &str) -> Result<Self, Error> {
        let named = asked.text("linkage_type")?;
        let linkage = LINKAGES.into_iter().find(|linkage| named.as_deref() == Some(*linkage));
        let linkage = linkage.ok_or_else(|| {
            Error::invalid(format!(
                "Invalid or missing value for required parameter 'linkage_type' in {place}. Must be one of: PRIMARY, \
                 FALLBACK."
            ))
        })?;
        Ok(Self {
            definition: asked.text("model_definition_id")?.unwrap_or_default(),
            weight: asked.number("weight")?.unwrap_or(1.0),
            linkage,
            fallback_order: asked.integer("fallback_order")?,
        })
    }

    pub(super) fn is_fallback(&self) -> bool {
        self.linkage == "FALLBACK"
    }
}

/// A model of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mapping {
    id: String,
    endpoint: String,
    definition: Definition,
    weight: f64,
    linkage: String,
    fallback_order: Option<i64>,
    created_at: i64,
    created_by: Option<String>,
}

impl Mapping {
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "mapping_id": self.id,
            "endpoint_id": self.endpoint,
            "model_definition_id": self.definition.id,
            "model_definition": self.definition.to_json(),
            "weight": self.weight,
            "linkage_type": self.linkage,
            "created_at": self.created_at,
        });
        if let Some(order) = self.fallback_order {
            json["fallback_order"] = order.into();
        }
        if let Some(by) = &self.created_by {
            json["created_by"] = by.as_str().into();
        }
        json
    }
}

/// One more, after those that are there.
pub(super) async fn add(
    tx: &mut Transaction,
    endpoint: &str,
    wanted: &Wanted,
    now: i64,
    by: Option<&str>,
) -> Result<Mapping, Error> {
    let definition = definitions::get(tx, &wanted.definition).await?;
    let last = "SELECT COALESCE(MAX(place), -1) FROM gateway_mappings WHERE endpoint = $1";
    let last: i64 = query_scalar(last).bind(endpoint).fetch_one(&mut **tx).await?;
    let mapping = Mapping {
        id: format!("m-{}", Uuid::new_v4().simple()),
        endpoint: endpoint.to_owned(),
        definition,
        weight: wanted.weight,
        linkage: wanted.linkage.to_owned(),
        fallback_order: wanted.fallback_order,
        created_at: now,
        created_by: by.map(str::to_owned),
    };
    let sql = "INSERT INTO gateway_mappings (id, endpoint, place, definition, weight, linkage, fallback_order, created_at, \
               created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let insert = query(sql).bind(&mapping.id).bind(endpoint).bind(last + 1).bind(&wanted.definition);
    let insert = insert.bind(wanted.weight).bind(wanted.linkage).bind(wanted.fallback_order).bind(now).bind(by);
    insert.execute(&mut **tx).await.map_err(|error| {
        let (id, taken) = (&wanted.definition, is_duplicate(&error));
        let said = format!("Model definition '{id}' is already attached to endpoint '{endpoint}'");
        if taken { Error::already_exists(said) } else { error.into() }
    })?;
    Ok(mapping)
}

/// Those of an endpoint, in their order.
pub(super) async fn of(tx: &mut Transaction, endpoint: &str) -> Result<Vec<Mapping>, Error> {
    let sql = "SELECT id, definition, weight, linkage, fallback_order, created_at, created_by FROM gateway_mappings \
               WHERE endpoint = $1 ORDER BY place";
    let rows = query(sql).bind(endpoint).fetch_all(&mut **tx).await?;
    let mut mappings = Vec::with_capacity(rows.len());
    for row in &rows {
        let definition = definitions::get(tx, &row.try_get::<String, _>(1)?).await?;
        mappings.push(mapping(row, endpoint, definition)?);
    }
    Ok(mappings)
}

fn mapping(row: &AnyRow, endpoint: &str, definition: Definition) -> Result<Mapping, SqlError> {
    Ok(Mapping {
        id: row.try_get(0)?,
        endpoint: endpoint.to_owned(),
        definition,
        weight: row.try_get(2)?,
        linkage: row.try_get(3)?,
        fallback_order: row.try_get(4)?,
        created_at: row.try_get(5)?,
        created_by: row.try_get(6)?,
    })
}

/// Takes a model away, whose part comes first if it has two.
pub(super) async fn remove(tx: &mut Transaction, endpoint: &str, definition: &str) -> Result<(), Error> {
    let first = "DELETE FROM gateway_mappings WHERE id = (SELECT id FROM gateway_mappings WHERE endpoint = $1 AND \
                 definition = $2 ORDER BY place LIMIT 1)";
    let done = query(first).bind(endpoint).bind(definition).execute(&mut **tx).await?;
    if done.rows_affected() > 0 {
        return Ok(());
    }
    Err(Error::does_not_exist(format!("Model definition '{definition}' is not attached to endpoint '{endpoint}'")))
}

pub(super) async fn clear(tx: &mut Transaction, endpoint: &str) -> Result<(), Error> {
    query("DELETE FROM gateway_mappings WHERE endpoint = $1").bind(endpoint).execute(&mut **tx).await?;
    Ok(())
}
