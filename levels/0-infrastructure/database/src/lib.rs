//! Relational records and their migrations: SQLite in a file of the data folder, or Postgres, by a URL.
//!
//! One text of SQL serves both. Both number placeholders (`$1`), both know `ON CONFLICT ... DO UPDATE` and
//! `RETURNING`; what they say differently is hidden where it is small: how a table numbers its rows and stores bytes
//! ([`Migration`]), and how transactions keep out of each other's way ([`Database::read`], [`Database::write`], and
//! [`Database::turns`] where many write).
//!
//! Columns are `BIGINT`, `DOUBLE PRECISION`, `TEXT` and `{{bytes}}`. Times are microseconds since 1970-01-01T00:00:00Z in
//! a `BIGINT`, and so are truths, as 0 and 1: SQLite has no type for them. JSON is `TEXT`.
//!
//! ```
//! use strata_database::{Database, Migration, Row, query};
//! # use strata_config::Secret;
//! const MIGRATIONS: &[Migration] = &[Migration {
//!     version: 1,
//!     name: "runs",
//!     sql: "CREATE TABLE runs (id {{id}}, name TEXT NOT NULL UNIQUE);",
//! }];
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let url = Secret::new(format!("sqlite://{}/registry.db", folder.path().display()));
//! # let clock = strata_runtime::clock::System;
//! let database = Database::open(&url, MIGRATIONS, &clock).await?;
//! let mut write = database.write().await?;
//! let row = query("INSERT INTO runs (name) VALUES ($1) RETURNING id").bind("first").fetch_one(&mut *write).await?;
//! write.commit().await?;
//! assert_eq!(row.get::<i64, _>("id"), 1);
//! # Ok(())
//! # }
//! ```

mod database;
pub use database::{Database, Transaction, is_duplicate};

mod turns;
pub use turns::{Turn, TurnKeeper, Turns};

mod migration;
pub use migration::Migration;

mod migrate;

mod backup;

mod address;

mod error;
pub use error::Error;

// The words in which queries are asked, so that nobody else needs the library's name.
pub use sqlx::any::AnyRow;
pub use sqlx::{AssertSqlSafe, Error as SqlError, Row, query, query_scalar, raw_sql};

#[cfg(test)]
mod suite;

#[cfg(test)]
mod tests;
