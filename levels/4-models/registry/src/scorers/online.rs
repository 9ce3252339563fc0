//! How many of an experiment's traces a scorer is to judge as they come, and which.

use serde_json::{Value, json};
use strata_database::{AnyRow, Row, SqlError, Transaction, query};
use uuid::Uuid;

use crate::Error;
use crate::statement::Statement;

/// One for each scorer, at most.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Online {
    id: String,
    scorer_id: String,
    experiment_id: i64,
    sample_rate: f64,
    filter: Option<String>,
}

impl Online {
    fn of(row: &AnyRow) -> Result<Self, SqlError> {
        Ok(Self {
            id: row.try_get(0)?,
            scorer_id: row.try_get(1)?,
            experiment_id: row.try_get(2)?,
            sample_rate: row.try_get(3)?,
            filter: row.try_get(4)?,
        })
    }

    /// Its form on the wire.
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "online_scoring_config_id": self.id,
            "scorer_id": self.scorer_id,
            "sample_rate": self.sample_rate,
            "experiment_id": self.experiment_id.to_string(),
        });
        if let Some(filter) = &self.filter {
            json["filter_string"] = filter.clone().into();
        }
        json
    }
}

/// Puts it in the place of the one that the scorer has.
pub(super) async fn put(
    tx: &mut Transaction,
    scorer_id: &str,
    sample_rate: f64,
    filter: Option<&str>,
) -> Result<(), Error> {
    let sql = "INSERT INTO online_scoring (scorer_id, id, sample_rate, filter) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (scorer_id) DO UPDATE SET id = excluded.id, sample_rate = excluded.sample_rate, \
               filter = excluded.filter";
    let id = Uuid::new_v4().simple().to_string();
    query(sql).bind(scorer_id).bind(id).bind(sample_rate).bind(filter).execute(&mut **tx).await?;
    Ok(())
}

/// Of those of these scorers that have one.
pub(super) async fn of(tx: &mut Transaction, scorer_ids: &[String]) -> Result<Vec<Online>, Error> {
    let mut statement = Statement::default();
    let ids = statement.texts(scorer_ids);
    statement.and(format!("o.scorer_id IN ({ids})"));
    let head = "SELECT o.id, o.scorer_id, s.experiment_id, o.sample_rate, o.filter \
                FROM online_scoring o JOIN scorers s ON s.id = o.scorer_id";
    let rows = statement.rows(tx, head, "ORDER BY s.experiment_id, s.name").await?;
    Ok(rows.iter().map(Online::of).collect::<Result<_, _>>()?)
}
