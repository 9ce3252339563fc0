//! The face: a pool of connections, and the two kinds of transaction.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{Any, AnyPool, AssertSqlSafe, Connection, Executor};
use strata_config::Secret;
use strata_runtime::Clock;

use crate::address::{Address, Dialect, Mode};
use crate::{Error, Migration, backup, migrate};

/// A transaction: what was done in it is undone, unless it is committed.
pub type Transaction = sqlx::Transaction<'static, Any>;

/// Connections that are kept. SQLite has one writer at a time anyway.
const CONNECTIONS: u32 = 8;
/// How long one waits for a connection, or for another writer.
const PATIENCE: Duration = Duration::from_secs(15);
/// Any number that nobody else in the database locks.
const WRITERS: &str = "SELECT pg_advisory_xact_lock(7380396231190912)";
/// What each connection to SQLite is told: readers and a writer do not wait for each other, a commit is on the
/// disk when it returns, references are checked, who must wait does, and case counts for `LIKE`, as it does in Postgres.
const PRAGMAS: &str = "\
    PRAGMA busy_timeout = 15000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
    PRAGMA case_sensitive_like = ON;";
/// And to a file of another program, which keeps its own ways.
const FOREIGN: &str = "PRAGMA busy_timeout = 15000; PRAGMA foreign_keys = ON; PRAGMA case_sensitive_like = ON;";

/// A migrated database. Clones share its connections.
#[derive(Clone)]
pub struct Database {
    pool: AnyPool,
    dialect: Dialect,
    location: String,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("location", &self.location).finish_non_exhaustive()
    }
}

impl Database {
    /// Opens `sqlite:///FILE`, which is made when it is missing, or `postgres://USER:PASSWORD@HOST/DATABASE`, and
    /// brings its tables to the last of the migrations. Processes that do so at once wait for each other.
    ///
    /// A SQLite file is copied first, to `FILE.before-VERSION.backup` beside it. All that is to be applied is one
    /// transaction. Refused: a database from a newer Strata, and one whose migrations were others.
    pub async fn open(url: &Secret, migrations: &[Migration], clock: &dyn Clock) -> Result<Self, Error> {
        migrate::check_order(migrations)?;
        let address = Address::new(url, Mode::Own)?;
        let location = address.location.clone();
        // Held until the tables are as they should be.
        let _turn = match &address.file {
            Some(file) => Some(backup::turn(file).await.map_err(|cause| open_error(&location, cause))?),
            None => None,
        };
        let database = Self::connect(&address, PRAGMAS).await?;
        migrate::run(&database, address.file.as_deref(), migrations, clock).await?;
        Ok(database)
    }

    /// Opens a database that another program made, to be looked at: nothing is migrated, and a SQLite file is not changed.
    pub async fn look(url: &Secret) -> Result<Self, Error> {
        Self::connect(&Address::new(url, Mode::Look)?, FOREIGN).await
    }

    /// Opens a database in another program's form, to be written; nothing is migrated. A SQLite file is made when it is
    /// missing.
    pub async fn foreign(url: &Secret) -> Result<Self, Error> {
        Self::connect(&Address::new(url, Mode::Own)?, FOREIGN).await
    }

    /// Folds the files of a SQLite database into the one that it is known by, so that it can be moved; false if somebody
    /// else has it open.
    pub async fn fold(url: &Secret) -> Result<bool, Error> {
        let address = Address::new(url, Mode::Own)?;
        let database = Self::connect(&address, FOREIGN).await?;
        let ask = async {
            let mut connection = database.pool.acquire().await?;
            // Whoever has it open will not close it while one waits.
            connection.execute(sqlx::raw_sql("PRAGMA busy_timeout = 0")).await?;
            sqlx::query_scalar::<Any, String>("PRAGMA journal_mode = DELETE").fetch_one(&mut *connection).await
        };
        let mode = ask.await;
        database.close().await;
        match mode {
            Ok(mode) => Ok(mode == "delete"),
            Err(error) if error.as_database_error().is_some_and(|error| error.message().contains("locked")) => {
                Ok(false)
            }
            Err(error) => Err(open_error(&address.location, error)),
        }
    }

    async fn connect(address: &Address, pragmas: &'static str) -> Result<Self, Error> {
        install_default_drivers();
        let mut options = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        if address.dialect == Dialect::Sqlite {
            options = options.after_connect(move |connection, _| {
                Box::pin(async move {
                    connection.execute(sqlx::raw_sql(pragmas)).await?;
                    Ok(())
                })
            });
            // A full disk lets SQLite end a transaction by itself, of which its connection never hears: it would refuse
            // every other one, for ever.
            options = options
                .test_before_acquire(false)
                .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
        }
        let location = address.location.clone();
        let pool = options.connect(address.url.expose()).await.map_err(|cause| open_error(&location, cause))?;
        Ok(Self { pool, dialect: address.dialect, location })
    }

    /// A transaction that sees the database as it is at its first query, whatever is written meanwhile, and is for
    /// reading only.
    pub async fn read(&self) -> Result<Transaction, Error> {
        let begun = match self.dialect {
            Dialect::Sqlite => self.pool.begin().await,
            Dialect::Postgres => self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await,
        };
        begun.map_err(|cause| self.begin_error("read", cause))
    }

    /// A transaction that is the only one of its kind: what it reads stays true until it ends. Others wait for
    /// their turn, in Postgres too, where Strata's writers take a lock for it; so make it short.
    pub async fn write(&self) -> Result<Transaction, Error> {
        let begin = async {
            match self.dialect {
                Dialect::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await,
                Dialect::Postgres => {
                    let mut transaction = self.pool.begin().await?;
                    transaction.execute(sqlx::raw_sql(WRITERS)).await?;
                    Ok(transaction)
                }
            }
        };
        begin.await.map_err(|cause| self.begin_error("write", cause))
    }

    /// The file of SQLite, if it is one.
    pub fn file(&self) -> Option<&Path> {
        (self.dialect == Dialect::Sqlite).then(|| Path::new(&self.location))
    }

    /// Copies a SQLite database into a file that is not there, as one moment sees it, whoever writes meanwhile.
    pub async fn copy_to(&self, file: &Path) -> Result<(), Error> {
        backup::copy_into(&self.pool, file).await.map_err(|cause| Error::Copy { path: file.to_owned(), cause })
    }

    /// Lets a table number its rows after those that were given their numbers by hand.
    pub async fn number_on(&self, transaction: &mut Transaction, table: &str, column: &str) -> Result<(), sqlx::Error> {
        if self.dialect == Dialect::Postgres {
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', '{column}'), GREATEST(max({column}), 1)) FROM {table}"
            );
            transaction.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
        }
        Ok(())
    }

    /// The file or server, without a password.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Waits for transactions that are under way, and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn begin_error(&self, action: &'static str, cause: sqlx::Error) -> Error {
        Error::Begin { action, location: self.location.clone(), cause }
    }
}

/// Whether it failed because a row of that key exists.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

pub(crate) fn open_error(location: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Open { location: location.to_owned(), cause: cause.into() }
}
