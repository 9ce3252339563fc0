//! What both databases must do, as tests: given a way to an empty database, all of it.

use futures::future::try_join_all;
use sqlx::Any;
use strata_config::Secret;
use strata_runtime::clock::Fixed;

use crate::{Database, Error, Migration, Row, is_duplicate, query, query_scalar};

const FIRST: Migration = Migration {
    version: 1,
    name: "runs and metrics",
    sql: "
        CREATE TABLE runs (id {{id}}, name TEXT NOT NULL UNIQUE, tags TEXT);
        CREATE TABLE metrics (
            run BIGINT NOT NULL REFERENCES runs (id), key TEXT NOT NULL, value DOUBLE PRECISION, step BIGINT NOT NULL,
            final BIGINT NOT NULL, artifact {{bytes}}, PRIMARY KEY (run, key));
    ",
};
const SECOND: Migration =
    Migration { version: 2, name: "stage", sql: "ALTER TABLE runs ADD COLUMN stage TEXT NOT NULL DEFAULT 'none';" };
const BROKEN: Migration = Migration {
    version: 3,
    name: "broken",
    sql: "CREATE TABLE half (id {{id}}); INSERT INTO nothing (id) VALUES (1);",
};

/// All of it.
pub(crate) async fn check(url: &Secret) {
    processes_at_once_migrate_once(url).await;
    let database = open(url, &[FIRST]).await.unwrap();
    values_come_back_as_they_were(&database).await;
    a_row_is_put_in_the_place_of_another(&database).await;
    what_must_not_be_is_refused(&database).await;
    what_is_not_committed_is_undone(&database).await;
    a_reader_sees_one_moment(&database).await;
    writers_take_turns(&database).await;
    turns_are_kept_together(&database).await;
    a_turn_that_fails_fails_alone(&database).await;
    migrations_go_forward_only(url, &database).await;
}

pub(crate) async fn open(url: &Secret, migrations: &[Migration]) -> Result<Database, Error> {
    Database::open(url, migrations, &Fixed::at(1_700_000_000_000_000)).await
}

pub(crate) async fn count(database: &Database, table: &'static str) -> i64 {
    let mut read = database.read().await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    query_scalar::<Any, i64>(sql).fetch_one(&mut *read).await.unwrap()
}

/// Fault 10: two managers at once corrupt each other.
async fn processes_at_once_migrate_once(url: &Secret) {
    let databases = try_join_all((0..6).map(|_| open(url, &[FIRST]))).await.unwrap();
    assert_eq!(count(&databases[0], "strata_migrations").await, 1);
    assert_eq!(count(&databases[5], "metrics").await, 0);
    for database in databases {
        database.close().await;
    }
}

async fn values_come_back_as_they_were(database: &Database) {
    let name = "Zoë's \"run\"; DROP TABLE runs; -- \u{1F600}";
    let mut write = database.write().await.unwrap();
    let inserted = query("INSERT INTO runs (name, tags) VALUES ($1, $2) RETURNING id").bind(name).bind(None::<String>);
    let run: i64 = inserted.fetch_one(&mut *write).await.unwrap().get("id");
    query("INSERT INTO metrics (run, key, value, step, final, artifact) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(run)
        .bind("auroc")
        .bind(0.1_f64 + 0.2)
        .bind(i64::MIN)
        .bind(1_i64)
        .bind(vec![0_u8, 255, 39])
        .execute(&mut *write)
        .await
        .unwrap();
    write.commit().await.unwrap();

    let mut read = database.read().await.unwrap();
    // The same value in two places: placeholders have numbers.
    let row =
        query("SELECT r.name, r.tags, m.* FROM runs r JOIN metrics m ON m.run = r.id WHERE r.id = $1 AND m.run = $1")
            .bind(run)
            .fetch_one(&mut *read)
            .await
            .unwrap();
    assert_eq!(row.get::<String, _>("name"), name);
    assert_eq!(row.get::<Option<String>, _>("tags"), None);
    assert_eq!(row.get::<f64, _>("value"), 0.1 + 0.2);
    assert_eq!(row.get::<i64, _>("step"), i64::MIN);
    assert_eq!(row.get::<i64, _>("final"), 1);
    assert_eq!(row.get::<Vec<u8>, _>("artifact"), [0, 255, 39]);
    let nothing = query("SELECT * FROM runs WHERE id = $1").bind(-1_i64).fetch_optional(&mut *read).await.unwrap();
    assert!(nothing.is_none());
}

async fn a_row_is_put_in_the_place_of_another(database: &Database) {
    let upsert = async |value: f64| {
        let mut write = database.write().await.unwrap();
        let row = query(
            "INSERT INTO metrics (run, key, value, step, final) VALUES (1, 'brier', $1, 0, $2) \
             ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, step = metrics.step + 1 RETURNING step",
        );
        let step: i64 = row.bind(value).bind(0_i64).fetch_one(&mut *write).await.unwrap().get(0);
        write.commit().await.unwrap();
        step
    };
    assert_eq!(upsert(0.3).await, 0);
    assert_eq!(upsert(0.2).await, 1);
    let mut read = database.read().await.unwrap();
    let value = query_scalar::<Any, f64>("SELECT value FROM metrics WHERE key = 'brier'").fetch_one(&mut *read).await;
    assert_eq!(value.unwrap(), 0.2);
}

async fn what_must_not_be_is_refused(database: &Database) {
    let refused = async |sql: &'static str| {
        let mut write = database.write().await.unwrap();
        query(sql).execute(&mut *write).await.unwrap_err()
    };
    let first = async {
        let mut write = database.write().await.unwrap();
        query("INSERT INTO runs (name) VALUES ('taken')").execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
    };
    first.await;
    assert!(is_duplicate(&refused("INSERT INTO runs (name) VALUES ('taken')").await));
    let dangling = "INSERT INTO metrics (run, key, step, final) VALUES (4711, 'x', 0, 0)";
    assert!(!is_duplicate(&refused(dangling).await));
    assert!(!is_duplicate(&refused("INSERT INTO runs (name) VALUES (NULL)").await));
}

async fn what_is_not_committed_is_undone(database: &Database) {
    let before = count(database, "runs").await;
    for dropped in [true, false] {
        let mut write = database.write().await.unwrap();
        query("INSERT INTO runs (name) VALUES ('undone')").execute(&mut *write).await.unwrap();
        if dropped {
            drop(write);
        } else {
            write.rollback().await.unwrap();
        }
    }
    assert_eq!(count(database, "runs").await, before);
}

async fn a_reader_sees_one_moment(database: &Database) {
    let mut read = database.read().await.unwrap();
    let count = async |read: &mut crate::Transaction| {
        query_scalar::<Any, i64>("SELECT count(*) FROM runs").fetch_one(&mut **read).await.unwrap()
    };
    let before = count(&mut read).await;
    // The writer does not wait for the reader, nor the reader for the writer.
    let mut write = database.write().await.unwrap();
    query("INSERT INTO runs (name) VALUES ('meanwhile')").execute(&mut *write).await.unwrap();
    assert_eq!(count(&mut read).await, before);
    write.commit().await.unwrap();
    assert_eq!(count(&mut read).await, before);
    drop(read);
    assert_eq!(count(&mut database.read().await.unwrap()).await, before + 1);
}

/// Read, add one, write: no one's work is lost, and nobody is told to come again.
async fn writers_take_turns(database: &Database) {
    let mut write = database.write().await.unwrap();
    query("INSERT INTO metrics (run, key, step, final) VALUES (1, 'turns', 0, $1)")
        .bind(0_i64)
        .execute(&mut *write)
        .await
        .unwrap();
    write.commit().await.unwrap();
    let add_one = async || -> Result<(), crate::SqlError> {
        let mut write = database.write().await.unwrap();
        let step: i64 = query_scalar("SELECT step FROM metrics WHERE key = 'turns'").fetch_one(&mut *write).await?;
        query("UPDATE metrics SET step = $1 WHERE key = 'turns'").bind(step + 1).execute(&mut *write).await?;
        write.commit().await
    };
    try_join_all((0..40).map(|_| add_one())).await.unwrap();
    let mut read = database.read().await.unwrap();
    let turns = query_scalar::<Any, i64>("SELECT step FROM metrics WHERE key = 'turns'").fetch_one(&mut *read).await;
    assert_eq!(turns.unwrap(), 40);
}

/// Two hundred at once: each keeps what it did, and reads what those before it did.
async fn turns_are_kept_together(database: &Database) {
    let (turns, keeper) = database.turns();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(keeper.run());
    let mut write = turns.write().await.unwrap();
    query("INSERT INTO metrics (run, key, step, final) VALUES (1, 'together', 0, 0)")
        .execute(&mut **write)
        .await
        .unwrap();
    write.commit().await.unwrap();
    let add_one = async || {
        let mut write = turns.write().await?;
        let sql = "UPDATE metrics SET step = step + 1 WHERE key = 'together'";
        query(sql).execute(&mut **write).await.unwrap();
        write.commit().await
    };
    try_join_all((0..200).map(|_| add_one())).await.unwrap();
    let mut read = database.read().await.unwrap();
    let steps = query_scalar::<Any, i64>("SELECT step FROM metrics WHERE key = 'together'").fetch_one(&mut *read).await;
    assert_eq!(steps.unwrap(), 200);
}

async fn a_turn_that_fails_fails_alone(database: &Database) {
    let (turns, keeper) = database.turns();
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(keeper.run());
    let before = count(database, "runs").await;
    let attempt = async |number: usize| -> Result<bool, Error> {
        let mut write = turns.write().await?;
        query("INSERT INTO runs (name) VALUES ($1)")
            .bind(format!("turn {number}"))
            .execute(&mut **write)
            .await
            .unwrap();
        match number % 4 {
            // Kept.
            0 => write.commit().await.map(|()| true),
            // Given up.
            1 => Ok(false),
            // Refused, which ends a transaction of Postgres.
            2 => {
                let again = query("INSERT INTO runs (name) VALUES ('taken')").execute(&mut **write).await;
                assert!(is_duplicate(&again.unwrap_err()));
                Ok(false)
            }
            // Forgotten: the one who asked for it is gone before he has it.
            _ => {
                drop(write);
                let gone = tokio::time::timeout(std::time::Duration::ZERO, turns.write()).await;
                drop(gone);
                Ok(false)
            }
        }
    };
    let kept = try_join_all((0..100).map(attempt)).await.unwrap();
    assert_eq!(kept.iter().filter(|kept| **kept).count(), 25);
    assert_eq!(count(database, "runs").await, before + 25);
    tasks.shutdown().await;
    assert!(matches!(turns.write().await, Err(Error::Ended { .. })));
}

async fn migrations_go_forward_only(url: &Secret, database: &Database) {
    let runs = count(database, "runs").await;
    // A broken one changes nothing, nor does the sound one beside it.
    let error = open(url, &[FIRST, SECOND, BROKEN]).await.unwrap_err().to_string();
    assert!(error.contains("migration 3 (broken)") && error.contains("nothing was changed"), "{error}");
    assert_eq!(count(database, "strata_migrations").await, 1);
    let mut read = database.read().await.unwrap();
    assert!(query("SELECT * FROM half").fetch_all(&mut *read).await.is_err());
    drop(read);

    let migrated = open(url, &[FIRST, SECOND]).await.unwrap();
    let mut read = migrated.read().await.unwrap();
    let staged = query_scalar::<Any, i64>("SELECT count(*) FROM runs WHERE stage = 'none'").fetch_one(&mut *read).await;
    assert_eq!(staged.unwrap(), runs);
    let at = query_scalar::<Any, i64>("SELECT applied_at FROM strata_migrations WHERE version = 2");
    assert_eq!(at.fetch_one(&mut *read).await.unwrap(), 1_700_000_000_000_000);
    drop(read);

    assert!(matches!(open(url, &[FIRST]).await, Err(Error::Newer { there: 2, known: 1, .. })));
    let changed = Migration { sql: "CREATE TABLE other (id {{id}});", ..FIRST };
    assert!(matches!(open(url, &[changed, SECOND]).await, Err(Error::Changed { version: 1, .. })));
    let windows: &'static str = FIRST.sql.replace('\n', "\r\n").leak();
    open(url, &[Migration { sql: windows, ..FIRST }, SECOND]).await.unwrap();
    assert!(matches!(open(url, &[SECOND]).await, Err(Error::Order { version: 2, expected: 1, .. })));
    migrated.close().await;
}
