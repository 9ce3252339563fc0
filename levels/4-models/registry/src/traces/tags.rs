//! Tags and metadata of traces.

use std::collections::BTreeMap;

use strata_database::{AssertSqlSafe, Transaction, query};

use super::{key, load};
use crate::Error;

const KEY: usize = 250;
const VALUE: usize = 8000;

/// Which of both is meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Tags,
    Metadata,
}

/// Puts these in the place of what has their keys.
pub(super) async fn put(
    tx: &mut Transaction,
    table: Table,
    trace_id: &str,
    pairs: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let table = match table {
        Table::Tags => "trace_tags",
        Table::Metadata => "trace_metadata",
    };
    let sql = format!(
        "INSERT INTO {table} (trace_id, key, value) VALUES ($1, $2, $3) \
         ON CONFLICT (trace_id, key) DO UPDATE SET value = excluded.value"
    );
    for (key, value) in pairs {
        query(AssertSqlSafe(sql.as_str())).bind(trace_id).bind(key).bind(value).execute(&mut **tx).await?;
    }
    Ok(())
}

/// One tag, from a client.
pub(super) async fn set(tx: &mut Transaction, trace_id: &str, tag: &str, value: &str) -> Result<(), Error> {
    key::check_mutable(tag, "set")?;
    check_key(tag)?;
    load::exists(tx, trace_id).await?;
    let pairs = BTreeMap::from([(tag.to_owned(), value.chars().take(VALUE).collect())]);
    put(tx, Table::Tags, trace_id, &pairs).await
}

pub(super) async fn delete(tx: &mut Transaction, trace_id: &str, tag: &str) -> Result<(), Error> {
    key::check_mutable(tag, "deleted")?;
    load::exists(tx, trace_id).await?;
    let sql = "DELETE FROM trace_tags WHERE trace_id = $1 AND key = $2";
    let done = query(sql).bind(trace_id).bind(tag).execute(&mut **tx).await?;
    if done.rows_affected() == 0 {
        let message = format!("No trace tag with key '{tag}' for trace with ID '{trace_id}'");
        return Err(Error::does_not_exist(message));
    }
    Ok(())
}

/// Which keys a tag may have.
pub(super) fn check_key(key: &str) -> Result<(), Error> {
    let known = |c: char| c.is_alphanumeric() || "_/.- :".contains(c);
    if !key.is_empty() && key.chars().count() <= KEY && key.chars().all(known) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid value \"{key}\" for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), \
         dashes (-), periods (.), spaces ( ), colon(:) and slashes (/), and at most {KEY} characters."
    )))
}
