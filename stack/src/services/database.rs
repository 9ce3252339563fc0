//! Relational records: SQLite in the data folder, or Postgres.

use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use strata_config::Secret;
use strata_database::{Database, Migration, Row, query};
use strata_runtime::{Clock, Scope};
use strata_services::{BoxError, Service};

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "health",
    sql: "CREATE TABLE health (name TEXT PRIMARY KEY, checked_at BIGINT NOT NULL);",
}];

/// Whether the database can be opened, which brings its tables up to date.
pub(crate) async fn open_database(url: &Secret, clock: &dyn Clock) -> anyhow::Result<()> {
    Database::open(url, MIGRATIONS, clock).await?.close().await;
    Ok(())
}

#[derive(Debug)]
pub(super) struct DatabaseService {
    pub(super) url: Secret,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) open: Mutex<Option<Database>>,
}

impl DatabaseService {
    fn opened(&self) -> Option<Database> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Service for DatabaseService {
    fn raise(&self, scope: Scope) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let database = Database::open(&self.url, MIGRATIONS, &*self.clock).await?;
            *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(database.clone());
            let stopping = scope.token();
            scope.spawn_service("connections", async move {
                stopping.cancelled().await;
                database.close().await;
                Ok::<_, BoxError>(())
            });
            Ok(())
        }
        .boxed()
    }

    /// A row is written and read.
    fn health(&self) -> BoxFuture<'_, Result<(), BoxError>> {
        async move {
            let database = self.opened().ok_or("the database is not open")?;
            let now = self.clock.now_micros();
            let mut write = database.write().await?;
            let upsert = "INSERT INTO health (name, checked_at) VALUES ('stack', $1) \
                          ON CONFLICT (name) DO UPDATE SET checked_at = excluded.checked_at RETURNING checked_at";
            let row = query(upsert).bind(now).fetch_one(&mut *write).await?;
            write.commit().await?;
            if row.get::<i64, _>(0) == now { Ok(()) } else { Err("a row is not what was written".into()) }
        }
        .boxed()
    }
}
