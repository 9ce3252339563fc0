//! Keeping datasets and their tags.

use std::collections::{BTreeMap, HashMap};

use strata_database::{AssertSqlSafe, Row, Transaction, query, query_scalar};

use super::dataset::{COLUMNS, Dataset};
use crate::Error;
use crate::statement::Statement;

/// Placeholders have an end.
const AT_ONCE: usize = 500;

pub(super) async fn insert(tx: &mut Transaction, dataset: &Dataset) -> Result<(), Error> {
    let sql = "INSERT INTO evaluation_datasets (id, name, records, digest, created_at, updated_at, created_by, \
               updated_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    query(sql)
        .bind(&dataset.id)
        .bind(&dataset.name)
        .bind(dataset.records)
        .bind(&dataset.digest)
        .bind(dataset.created_at)
        .bind(dataset.updated_at)
        .bind(dataset.created_by.as_deref())
        .bind(dataset.updated_by.as_deref())
        .execute(&mut **tx)
        .await?;
    put_tags(tx, &dataset.id, &dataset.tags).await
}

pub(super) async fn get(tx: &mut Transaction, id: &str) -> Result<Dataset, Error> {
    let sql = format!("SELECT {COLUMNS} FROM evaluation_datasets d WHERE d.id = $1");
    let row = query(AssertSqlSafe(sql)).bind(id).fetch_optional(&mut **tx).await?;
    let missing = || Error::does_not_exist(format!("Evaluation dataset with id '{id}' not found"));
    let mut dataset = Dataset::of(&row.ok_or_else(missing)?)?;
    tagged(tx, std::slice::from_mut(&mut dataset)).await?;
    Ok(dataset)
}

/// With all that hangs on it. One that is not there is deleted already.
pub(super) async fn delete(tx: &mut Transaction, id: &str) -> Result<(), Error> {
    for sql in [
        "DELETE FROM evaluation_dataset_records WHERE dataset = $1",
        "DELETE FROM evaluation_dataset_experiments WHERE dataset = $1",
        "DELETE FROM evaluation_dataset_tags WHERE dataset = $1",
        "DELETE FROM evaluation_datasets WHERE id = $1",
    ] {
        query(sql).bind(id).execute(&mut **tx).await?;
    }
    Ok(())
}

pub(super) async fn exists(tx: &mut Transaction, id: &str) -> Result<bool, Error> {
    let sql = "SELECT COUNT(*) FROM evaluation_datasets WHERE id = $1";
    let count: i64 = query_scalar(sql).bind(id).fetch_one(&mut **tx).await?;
    Ok(count > 0)
}

/// It was changed.
pub(super) async fn touch(tx: &mut Transaction, id: &str, now: i64) -> Result<(), Error> {
    let sql = "UPDATE evaluation_datasets SET updated_at = $2 WHERE id = $1";
    query(sql).bind(id).bind(now).execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn put_tags(tx: &mut Transaction, id: &str, tags: &BTreeMap<String, String>) -> Result<(), Error> {
    for (key, value) in tags {
        let sql = "INSERT INTO evaluation_dataset_tags (dataset, key, value) VALUES ($1, $2, $3) \
                   ON CONFLICT (dataset, key) DO UPDATE SET value = excluded.value";
        query(sql).bind(id).bind(key).bind(value).execute(&mut **tx).await?;
    }
    Ok(())
}

/// One that is not there is deleted already.
pub(super) async fn delete_tag(tx: &mut Transaction, id: &str, key: &str) -> Result<(), Error> {
    let sql = "DELETE FROM evaluation_dataset_tags WHERE dataset = $1 AND key = $2";
    query(sql).bind(id).bind(key).execute(&mut **tx).await?;
    Ok(())
}

/// Reads the tags of these.
pub(super) async fn tagged(tx: &mut Transaction, datasets: &mut [Dataset]) -> Result<(), Error> {
    for datasets in datasets.chunks_mut(AT_ONCE) {
        let ids: Vec<String> = datasets.iter().map(|dataset| dataset.id.clone()).collect();
        let places: HashMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
        let mut statement = Statement::default();
        let list = statement.texts(&ids);
        statement.and(format!("dataset IN ({list})"));
        for row in statement.rows(tx, "SELECT dataset, key, value FROM evaluation_dataset_tags", "").await? {
            let place = places.get(row.try_get::<&str, _>(0)?);
            if let Some(dataset) = place.and_then(|place| datasets.get_mut(*place)) {
                dataset.tags.insert(row.try_get(1)?, row.try_get(2)?);
            }
        }
    }
    Ok(())
}
