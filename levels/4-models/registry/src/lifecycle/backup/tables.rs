//! All rows of all tables, from one database with Strata's tables to another: from SQLite to Postgres, or back.

use futures::TryStreamExt;
use strata_database::{AnyRow, AssertSqlSafe, Database, Row, SqlError, Transaction, query, query_scalar};

use crate::lifecycle::rows::{Rows, Value};
use crate::lifecycle::{Error, Progress};

/// A table, as SQLite describes it.
struct Table {
    name: String,
    columns: Vec<(String, Kind)>,
    /// The column that numbers its rows itself.
    numbered: Option<String>,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Integer,
    Real,
    Bytes,
}

/// Puts the rows of one database in the place of those of another with the same tables. `described` is the one of both that
/// is a SQLite file: its tables say what there is, in the order in which they were made, which is that in which they refer to
/// each other.
pub(super) async fn copy(
    from: &Database,
    to: &Database,
    described: &Database,
    progress: Progress<'_>,
) -> Result<(), Error> {
    let tables = tables(&mut described.read().await?).await?;
    let (mut reading, mut writing) = (from.read().await?, to.write().await?);
    for table in tables.iter().rev() {
        query(AssertSqlSafe(format!("DELETE FROM {}", table.name))).execute(&mut *writing).await?;
    }
    let mut done = 0;
    for table in &tables {
        let columns = table.columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let mut there = Rows::new(&table.name, &columns, "");
        let sql = AssertSqlSafe(format!("SELECT {columns} FROM {}", table.name));
        let mut rows = query(sql).fetch(&mut *reading);
        while let Some(row) = rows.try_next().await? {
            let values = table.columns.iter().enumerate().map(|(at, (_, kind))| value(&row, at, *kind));
            there.push(&mut writing, values.collect::<Result<_, _>>()?).await?;
        }
        drop(rows);
        done += there.flush(&mut writing).await?;
        if let Some(column) = &table.numbered {
            to.number_on(&mut writing, &table.name, column).await?;
        }
        progress("rows", done, 0);
    }
    Ok(writing.commit().await?)
}

async fn tables(tx: &mut Transaction) -> Result<Vec<Table>, Error> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' \
               AND name <> 'strata_migrations' ORDER BY rowid";
    let mut tables = Vec::new();
    for name in query_scalar::<_, String>(sql).fetch_all(&mut **tx).await? {
        let sql = "SELECT name, type, CAST(pk AS INTEGER) FROM pragma_table_info($1) ORDER BY cid";
        let mut table = Table { name, columns: Vec::new(), numbered: None };
        for row in query(sql).bind(table.name.clone()).fetch_all(&mut **tx).await? {
            let (column, declared): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            // A key of another type than this one is given with the row.
            if declared == "INTEGER" && row.try_get::<i64, _>(2)? == 1 {
                table.numbered = Some(column.clone());
            }
            let kind = match declared.as_str() {
                "INTEGER" | "BIGINT" => Kind::Integer,
                "DOUBLE PRECISION" => Kind::Real,
                "BLOB" => Kind::Bytes,
                _ => Kind::Text,
            };
            table.columns.push((column, kind));
        }
        tables.push(table);
    }
    Ok(tables)
}

fn value(row: &AnyRow, at: usize, kind: Kind) -> Result<Value, SqlError> {
    Ok(match kind {
        Kind::Text => Value::Text(row.try_get(at)?),
        Kind::Integer => Value::Integer(row.try_get(at)?),
        Kind::Real => Value::Real(row.try_get(at)?),
        Kind::Bytes => Value::Bytes(row.try_get(at)?),
    })
}
