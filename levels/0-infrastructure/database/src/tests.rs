//! The suite over a file and over a real Postgres, and what only a file has.

use std::fs;

use strata_config::Secret;
use strata_testkit::PostgresServer;

use crate::{Migration, Row, query, suite};

fn file(folder: &tempfile::TempDir, name: &str) -> Secret {
    Secret::new(format!("sqlite://{}/{name}", folder.path().display()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    suite::check(&file(&folder, "made/of/folders/it's 100% one.db")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_passes_the_suite() {
    let Some(server) = PostgresServer::start() else { return };
    suite::check(&Secret::new(server.url())).await;
}

/// Fault 7: no backup. Before a file is changed, it is copied as it was.
#[tokio::test]
async fn a_file_is_copied_before_it_is_migrated() {
    const NOTES: Migration = Migration { version: 1, name: "notes", sql: "CREATE TABLE notes (text TEXT);" };
    const GONE: Migration = Migration { version: 2, name: "no notes", sql: "DROP TABLE notes;" };
    let folder = tempfile::tempdir().unwrap();
    let url = file(&folder, "x.db");
    let database = suite::open(&url, &[NOTES]).await.unwrap();
    let mut write = database.write().await.unwrap();
    query("INSERT INTO notes VALUES ('kept')").execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
    database.close().await;
    let backups = || {
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("backup")).collect::<Vec<_>>()
    };
    suite::open(&url, &[NOTES]).await.unwrap().close().await;
    assert!(backups().is_empty(), "nothing was migrated: {:?}", backups());

    suite::open(&url, &[NOTES, GONE]).await.unwrap().close().await;
    assert_eq!(backups(), ["x.db.before-2.backup"]);
    let before = suite::open(&file(&folder, "x.db.before-2.backup"), &[NOTES]).await.unwrap();
    let mut read = before.read().await.unwrap();
    let row = query("SELECT text FROM notes").fetch_one(&mut *read).await.unwrap();
    assert_eq!(row.get::<String, _>("text"), "kept");
}

#[tokio::test]
async fn an_absent_server_explains_itself() {
    let url = Secret::new("postgres://me:hunter2@127.0.0.1:1/strata");
    let error = suite::open(&url, &[]).await.unwrap_err().to_string();
    assert!(error.contains("postgres://127.0.0.1:1/strata") && !error.contains("hunter2"), "{error}");
}

/// SQLite ends a transaction by itself when the disk is full. After a second of that, the database refused every
/// transaction for as long as its process lived. Here the transaction is ended in the same way, behind its back.
#[tokio::test]
async fn a_transaction_that_ended_by_itself_is_forgotten() {
    const NOTES: Migration = Migration { version: 1, name: "notes", sql: "CREATE TABLE notes (text TEXT);" };
    let folder = tempfile::tempdir().unwrap();
    let database = suite::open(&file(&folder, "x.db"), &[NOTES]).await.unwrap();
    // More often than there are connections: each has its turn.
    for _ in 0..20 {
        let mut ended = database.write().await.unwrap();
        query("ROLLBACK").execute(&mut *ended).await.unwrap();
    }

    let mut write = database.write().await.unwrap();
    query("INSERT INTO notes VALUES ('kept')").execute(&mut *write).await.unwrap();
    write.commit().await.unwrap();
    let mut read = database.read().await.unwrap();
    let row = query("SELECT count(*) FROM notes").fetch_one(&mut *read).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 1);
}
