//! Endpoints: a name under which models are offered, and how it is chosen between them.

use serde_json::{Map, Value, json};
use strata_database::{AnyRow, AssertSqlSafe, Row, SqlError, Transaction, is_duplicate, query};

use super::authorship::Authorship;
use super::mappings::{self, Mapping};
use super::missing;
use crate::statement::Statement;
use crate::{Asked, Error, experiments};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) routing: Option<String>,
    /// As the wire has it.
    pub(super) fallback: Option<Map<String, Value>>,
    pub(super) experiment: Option<i64>,
    /// Whether what is asked of it is to be traced.
    pub(super) tracked: bool,
    pub(super) authorship: Authorship,
}

const SELECT: &str = "SELECT id, name, routing, fallback, experiment, tracked, created_at, updated_at, created_by, \
                      updated_by FROM gateway_endpoints";

impl Endpoint {
    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        let (fallback, tracked): (Option<String>, i64) = (row.try_get(3)?, row.try_get(5)?);
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            routing: row.try_get(2)?,
            fallback: fallback.and_then(|fallback| serde_json::from_str(&fallback).ok()),
            experiment: row.try_get(4)?,
            tracked: tracked != 0,
            authorship: Authorship::of(row, 6)?,
        })
    }

    /// With its models and tags.
    pub(super) async fn to_json(&self, tx: &mut Transaction) -> Result<Value, Error> {
        let mut json = json!({ "endpoint_id": self.id, "name": self.name, "usage_tracking": self.tracked });
        let models = mappings::of(tx, &self.id).await?;
        let tags = query("SELECT key, value FROM gateway_endpoint_tags WHERE endpoint = $1 ORDER BY key");
        let tags = tags.bind(&self.id).fetch_all(&mut **tx).await?;
        let tag = |row: &AnyRow| -> Result<Value, SqlError> {
            let (key, value): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            Ok(json!({ "key": key, "value": value }))
        };
        let tags = tags.iter().map(tag).collect::<Result<Vec<_>, _>>()?;
        for (name, list) in [("model_mappings", models.iter().map(Mapping::to_json).collect()), ("tags", tags)] {
            if !list.is_empty() {
                json[name] = list.into();
            }
        }
        if let Some(routing) = &self.routing {
            json["routing_strategy"] = routing.as_str().into();
        }
        if let Some(fallback) = &self.fallback {
            json["fallback_config"] = fallback.clone().into();
        }
        if let Some(experiment) = self.experiment {
            json["experiment_id"] = experiment.to_string().into();
        }
        self.authorship.write(&mut json);
        // Unlike of other things, MLflow tells it of nobody, too.
        for (name, by) in
            [("created_by", &self.authorship.created_by), ("last_updated_by", &self.authorship.updated_by)]
        {
            json[name] = by.as_deref().unwrap_or_default().into();
        }
        Ok(json)
    }

    /// Writes it, whether it is new or was there.
    pub(super) async fn save(&self, tx: &mut Transaction) -> Result<(), Error> {
        let sql = "INSERT INTO gateway_endpoints (id, name, routing, fallback, experiment, tracked, created_at, updated_at, \
                   created_by, updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO UPDATE \
                   SET name = excluded.name, routing = excluded.routing, fallback = excluded.fallback, \
                   experiment = excluded.experiment, tracked = excluded.tracked, updated_at = excluded.updated_at, \
                   updated_by = excluded.updated_by";
        let fallback = self.fallback.clone().map(|fallback| Value::from(fallback).to_string());
        let insert = query(sql).bind(&self.id).bind(&self.name).bind(self.routing.as_deref()).bind(fallback);
        let insert = insert.bind(self.experiment).bind(i64::from(self.tracked));
        let insert = insert.bind(self.authorship.created_at).bind(self.authorship.updated_at);
        let insert = insert.bind(self.authorship.created_by.as_deref()).bind(self.authorship.updated_by.as_deref());
        insert.execute(&mut **tx).await.map_err(|error| {
            let taken = format!("Endpoint with name '{}' already exists", self.name);
            if is_duplicate(&error) { Error::already_exists(taken) } else { error.into() }
        })?;
        Ok(())
    }

    /// Gives it an experiment for the traces of what is asked of it, made if there is none.
    pub(super) async fn track(&mut self, tx: &mut Transaction, now: i64, root: &str) -> Result<(), Error> {
        let name = format!("gateway/{}", self.name);
        let there = match experiments::by_name(tx, &name).await {
            Ok(experiment) => Some(experiment.id),
            Err(Error::DoesNotExist(_)) => None,
            Err(error) => return Err(error),
        };
        let tag = |key: &str, value: &str| (format!("mlflow.experiment.{key}"), value.to_owned());
        let tags = [tag("sourceType", "GATEWAY"), tag("sourceId", &self.id), tag("isGateway", "true")];
        self.experiment = match there {
            Some(id) => Some(id),
            None => Some(experiments::create(tx, now, &name, None, root, &tags).await?),
        };
        Ok(())
    }
}

pub(super) async fn get(tx: &mut Transaction, id: &str) -> Result<Endpoint, Error> {
    one(tx, "id", "endpoint_id", id).await
}

pub(super) async fn by_name(tx: &mut Transaction, name: &str) -> Result<Endpoint, Error> {
    one(tx, "name", "name", name).await
}

async fn one(tx: &mut Transaction, column: &'static str, key: &str, value: &str) -> Result<Endpoint, Error> {
    let sql = format!("{SELECT} WHERE {column} = $1");
    let row = query(AssertSqlSafe(sql)).bind(value).fetch_optional(&mut **tx).await?;
    Ok(Endpoint::of(&row.ok_or_else(|| missing("GatewayEndpoint", key, value))?)?)
}

/// Those that offer a model of this provider.
pub(super) async fn list(tx: &mut Transaction, provider: Option<String>) -> Result<Vec<Endpoint>, Error> {
    let mut statement = Statement::default();
    let of = match provider {
        Some(provider) => format!("AND d.provider = {}", statement.text(provider)),
        None => String::new(),
    };
    statement.and(format!(
        "id IN (SELECT m.endpoint FROM gateway_mappings m JOIN gateway_definitions d ON d.id = m.definition {of})"
    ));
    let rows = statement.rows(tx, SELECT, "ORDER BY created_at, id").await?;
    Ok(rows.iter().map(Endpoint::of).collect::<Result<_, _>>()?)
}

pub(super) async fn delete(tx: &mut Transaction, id: &str) -> Result<(), Error> {
    get(tx, id).await?;
    mappings::clear(tx, id).await?;
    for sql in [
        "DELETE FROM gateway_bindings WHERE endpoint = $1",
        "DELETE FROM gateway_endpoint_tags WHERE endpoint = $1",
        "DELETE FROM gateway_endpoints WHERE id = $1",
    ] {
        query(sql).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

pub(super) async fn set_tag(tx: &mut Transaction, id: &str, key: &str, value: &str) -> Result<(), Error> {
    get(tx, id).await?;
    let sql = "INSERT INTO gateway_endpoint_tags (endpoint, key, value) VALUES ($1, $2, $3) \
               ON CONFLICT (endpoint, key) DO UPDATE SET value = excluded.value";
    query(sql).bind(id).bind(key).bind(value).execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn delete_tag(tx: &mut Transaction, id: &str, key: &str) -> Result<(), Error> {
    get(tx, id).await?;
    let sql = "DELETE FROM gateway_endpoint_tags WHERE endpoint = $1 AND key = $2";
    query(sql).bind(id).bind(key).execute(&mut **tx).await?;
    Ok(())
}

/// `fallback_config` of a request: of what there is one strategy.
pub(super) fn fallback(asked: &Asked) -> Result<Option<Map<String, Value>>, Error> {
    let Some(config) = asked.object("fallback_config")? else { return Ok(None) };
    let mut fallback = Map::new();
    if let Some(strategy) = config.text("strategy")?.filter(|strategy| strategy == "SEQUENTIAL") {
        fallback.insert("strategy".to_owned(), strategy.into());
    }
    if let Some(attempts) = config.integer("max_attempts")? {
        fallback.insert("max_attempts".to_owned(), attempts.into());
    }
    Ok(Some(fallback))
}

/// What an endpoint may be called.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid endpoint name '{name}'. Name can only contain letters, numbers, underscores, hyphens, and dots."
    )))
}
