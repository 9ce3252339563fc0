//! Wherever a search begins, it finds the same.

use strata_config::Secret;
use strata_database::{Database, Transaction, query};
use strata_runtime::clock::Fixed;
use strata_testkit::PostgresServer;

use super::narrow::{Start, start};
use super::{Search, parse};
use crate::migrations::MIGRATIONS;

/// More than are looked at one by one.
const RUNS: i64 = 6_000;
const NUMBERS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check(&Secret::new(format!("sqlite://{}/registry.db", folder.path().display()))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    if let Some(server) = PostgresServer::start() {
        check(&Secret::new(server.url())).await;
    }
}

async fn check(url: &Secret) {
    let database = Database::open(url, MIGRATIONS, &Fixed::at(0)).await.unwrap();
    fill(&database).await;
    let mut tx = database.read().await.unwrap();
    let (rare, common, all) = ("params.rare = '77'", "tags.common = 'yes'", Start::Order);
    for (filter, begins) in [
        ("", all),
        (rare, Start::Clause(0)),
        (common, all),
        ("params.rare = '77' AND metrics.m > 5", Start::Clause(0)),
        ("tags.common = 'yes' AND metrics.m >= 0 AND metrics.m < 20", all),
        ("tags.common = 'yes' AND metrics.m = 3", Start::Clause(1)),
        ("run_name = 'run 12'", Start::Clause(0)),
        ("attributes.`Run Name` = 'run 12'", Start::Clause(0)),
        ("params.rare = 'nothing'", Start::Clause(0)),
        ("params.rare != '77' AND metrics.m <= 1", Start::Clause(1)),
        ("params.long LIKE 'xxx%1'", all),
        ("tags.common IS NOT NULL", all),
    ] {
        let clauses = parse(filter).unwrap();
        assert_eq!(start(&mut tx, &clauses, &[0], Some(20)).await.unwrap(), begins, "{filter}");
        for order in ["", "metrics.m", "metrics.m DESC", "metrics.few DESC", "start_time ASC", "params.rare DESC"] {
            for offset in [0, 30, 400] {
                let by = Some(order).filter(|order| !order.is_empty()).map(str::to_owned);
                let search = Search {
                    experiments: vec![0],
                    filter: filter.to_owned(),
                    order_by: by.into_iter().collect(),
                    stages: &["active"],
                    limit: 20,
                    offset,
                };
                same(&mut tx, &search).await;
            }
        }
    }
    assert_eq!(start(&mut tx, &[], &[1], Some(20)).await.unwrap(), Start::Experiments, "it has none");
    // What has the same beginning is told apart.
    let clauses = parse(&format!("params.long = '{}3'", "x".repeat(70))).unwrap();
    let found = Search { filter: String::new(), ..nothing() }.ask(&mut tx, &clauses, Start::Clause(0), false).await;
    assert_eq!(found.unwrap().len(), 20);
}

/// What is found where it begins by itself, and where it goes through all.
async fn same(tx: &mut Transaction, search: &Search) {
    let clauses = parse(&search.filter).unwrap();
    let plainly = search.ask(tx, &clauses, Start::Order, false).await.unwrap();
    assert_eq!(search.runs(tx).await.unwrap(), plainly, "{search:?}");
}

fn nothing() -> Search {
    Search {
        experiments: vec![0],
        filter: String::new(),
        order_by: Vec::new(),
        stages: &["active"],
        limit: 19,
        offset: 0,
    }
}

/// Runs by rows: thousands by requests take a while.
async fn fill(database: &Database) {
    let mut write = database.write().await.unwrap();
    for sql in [
        "INSERT INTO runs (id, experiment_id, name, user_id, status, started_at, artifact_uri, lifecycle_stage) \
         SELECT 'r' || i, 0, 'run ' || i, '', 'RUNNING', i / 7, '', CASE WHEN i % 100 = 0 THEN 'deleted' ELSE 'active' \
         END FROM n",
        "INSERT INTO metric_keys (id, key) SELECT i, CASE i WHEN 1 THEN 'm' ELSE 'few' END FROM n WHERE i < 3",
        "INSERT INTO metrics (run, key, place, value, timestamp, step) \
         SELECT number, 1, 0, CASE WHEN number % 50 = 0 THEN NULL ELSE number % 40 END, 0, 0 FROM runs WHERE number % 9 > 0",
        "INSERT INTO metrics (run, key, place, value, timestamp, step) \
         SELECT number, 2, 0, number, 0, 0 FROM runs WHERE number < 25",
        "INSERT INTO run_params (run, key, value) SELECT number, 'rare', CAST(number AS TEXT) FROM runs",
        "INSERT INTO run_params (run, key, value) \
         SELECT number, 'long', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' || (number % 5) \
         FROM runs",
        "INSERT INTO run_tags (run, key, value) \
         SELECT number, 'common', CASE WHEN number % 10 = 0 THEN 'no' ELSE 'yes' END FROM runs",
    ] {
        let sql =
            strata_database::AssertSqlSafe(format!("{} {sql}", if sql.contains("FROM n") { NUMBERS } else { "" }));
        query(sql).execute(&mut *write).await.unwrap();
    }
    let count = query("UPDATE runs SET ended_at = 1").execute(&mut *write).await.unwrap().rows_affected();
    assert_eq!(count, RUNS as u64);
    write.commit().await.unwrap();
}
