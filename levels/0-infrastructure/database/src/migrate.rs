//! Bringing the tables to the last version, once, whoever asks.

use std::path::Path;

use sqlx::{Any, AssertSqlSafe, Executor, Row};
use strata_runtime::Clock;

use crate::database::{Database, Transaction, open_error};
use crate::{Error, Migration, backup};

/// What has been applied; it is made with the first migration.
const APPLIED: &str = "\
    CREATE TABLE IF NOT EXISTS strata_migrations (\
        version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// Versions are 1, 2, 3, ...
pub(crate) fn check_order(migrations: &[Migration]) -> Result<(), Error> {
    for (migration, expected) in migrations.iter().zip(1..) {
        let Migration { version, name, .. } = *migration;
        if version != expected {
            return Err(Error::Order { name, version, expected });
        }
    }
    Ok(())
}

/// Applies what is missing. Of SQLite the caller holds the turn; of Postgres the transaction of writers is one.
pub(crate) async fn run(
    database: &Database,
    file: Option<&Path>,
    migrations: &[Migration],
    clock: &dyn Clock,
) -> Result<(), Error> {
    let mut transaction = database.write().await?;
    let count = count_applied(database, &mut transaction, migrations).await?;
    let Some(next) = migrations.get(count) else { return Ok(()) };
    if let Some(file) = file.filter(|_| count > 0) {
        // A copy cannot be made inside a transaction; nobody else migrates meanwhile, because this caller has the turn.
        transaction.rollback().await.map_err(|cause| open_error(database.location(), cause))?;
        backup::copy(database.pool(), file, next.version).await?;
        transaction = database.write().await?;
    }
    for migration in &migrations[count..] {
        let Migration { version, name, .. } = *migration;
        let failed = |cause| Error::Migration { location: database.location().to_owned(), version, name, cause };
        apply(&mut transaction, database, migration, clock).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(|cause| open_error(database.location(), cause))
}

async fn apply(
    transaction: &mut Transaction,
    database: &Database,
    migration: &Migration,
    clock: &dyn Clock,
) -> sqlx::Result<()> {
    let statements = migration.in_dialect(database.dialect());
    transaction.execute(sqlx::raw_sql(AssertSqlSafe(statements))).await?;
    sqlx::query::<Any>("INSERT INTO strata_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)")
        .bind(migration.version)
        .bind(migration.name)
        .bind(migration.checksum())
        .bind(clock.now_micros())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// How many of the migrations have been applied; they must be the first ones, and the same.
async fn count_applied(
    database: &Database,
    transaction: &mut Transaction,
    migrations: &[Migration],
) -> Result<usize, Error> {
    let failed = |cause: sqlx::Error| open_error(database.location(), cause);
    transaction.execute(sqlx::raw_sql(APPLIED)).await.map_err(failed)?;
    let applied = sqlx::query::<Any>("SELECT version, checksum FROM strata_migrations ORDER BY version");
    let applied = applied.fetch_all(&mut **transaction).await.map_err(failed)?;
    for (at, row) in applied.iter().enumerate() {
        let version: i64 = row.try_get(0).map_err(failed)?;
        let checksum: String = row.try_get(1).map_err(failed)?;
        let location = || database.location().to_owned();
        match migrations.get(at) {
            Some(known) if known.version == version && known.checksum() == checksum => {}
            Some(known) => {
                return Err(Error::Changed { location: location(), version, name: known.name.to_owned() });
            }
            None => {
                let known = migrations.last().map_or(0, |migration| migration.version);
                let there = applied.last().and_then(|row| row.try_get(0).ok()).unwrap_or(version);
                return Err(Error::Newer { location: location(), there, known });
            }
        }
    }
    Ok(applied.len())
}
