//! In which experiments a dataset is.

use strata_database::{Row, SqlError, Transaction, query, query_scalar};

use super::store;
use crate::Error;

/// Their ids. A dataset that is not there is in none.
pub(crate) async fn of(tx: &mut Transaction, dataset: &str) -> Result<Vec<String>, Error> {
    let sql = "SELECT experiment_id FROM evaluation_dataset_experiments WHERE dataset = $1 ORDER BY experiment_id";
    let rows = query(sql).bind(dataset).fetch_all(&mut **tx).await?;
    let ids = rows.iter().map(|row| Ok(row.try_get::<i64, _>(0)?.to_string()));
    Ok(ids.collect::<Result<_, SqlError>>()?)
}

/// It is in these, too. All of them must be there.
pub(super) async fn add(tx: &mut Transaction, dataset: &str, experiments: &[String]) -> Result<(), Error> {
    for id in experiments {
        let missing = || Error::does_not_exist(format!("No Experiment with id={id}"));
        let number: i64 = id.parse().map_err(|_| missing())?;
        let sql = "SELECT COUNT(*) FROM experiments WHERE id = $1";
        let count: i64 = query_scalar(sql).bind(number).fetch_one(&mut **tx).await?;
        if count == 0 {
            return Err(missing());
        }
        let sql = "INSERT INTO evaluation_dataset_experiments (dataset, experiment_id) VALUES ($1, $2) \
                   ON CONFLICT (dataset, experiment_id) DO NOTHING";
        query(sql).bind(dataset).bind(number).execute(&mut **tx).await?;
    }
    Ok(())
}

/// It is in these no more. In which it was not, it is not.
pub(super) async fn remove(tx: &mut Transaction, now: i64, dataset: &str, experiments: &[String]) -> Result<(), Error> {
    let mut removed = 0;
    for number in experiments.iter().filter_map(|id| id.parse::<i64>().ok()) {
        let sql = "DELETE FROM evaluation_dataset_experiments WHERE dataset = $1 AND experiment_id = $2";
        removed += query(sql).bind(dataset).bind(number).execute(&mut **tx).await?.rows_affected();
    }
    if removed > 0 { store::touch(tx, dataset, now).await } else { Ok(()) }
}
