//! Keys and their numbers.

use std::collections::HashMap;

use strata_database::{AssertSqlSafe, Row, Transaction, query};

use crate::Error;
use crate::statement::placeholders;

/// The numbers of these keys, each of which is given once. New ones get theirs here.
pub(super) async fn numbers(tx: &mut Transaction, keys: &[&str]) -> Result<HashMap<String, i64>, Error> {
    let mut numbers = HashMap::new();
    let sql = format!("SELECT key, id FROM metric_keys WHERE key IN {}", placeholders(1, keys.len()));
    ask(tx, sql, keys, &mut numbers).await?;
    let new: Vec<&str> = keys.iter().copied().filter(|key| !numbers.contains_key(*key)).collect();
    if !new.is_empty() {
        let sql = format!("INSERT INTO metric_keys (key) VALUES {} RETURNING key, id", placeholders(new.len(), 1));
        ask(tx, sql, &new, &mut numbers).await?;
    }
    Ok(numbers)
}

async fn ask(
    tx: &mut Transaction,
    sql: String,
    keys: &[&str],
    numbers: &mut HashMap<String, i64>,
) -> Result<(), Error> {
    let mut question = query(AssertSqlSafe(sql));
    for key in keys {
        question = question.bind((*key).to_owned());
    }
    for row in question.fetch_all(&mut **tx).await? {
        numbers.insert(row.try_get(0)?, row.try_get(1)?);
    }
    Ok(())
}
