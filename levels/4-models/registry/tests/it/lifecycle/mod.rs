//! What is done to a store as a whole, beside its server.

mod backup;
mod gc;
mod mlflow_server;
mod moving;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use strata_audit::{Agent, AgentKind, Filter, folder, read};
use strata_config::Secret;
use strata_database::{AssertSqlSafe, Database, Row, query, raw_sql};
use strata_registry::lifecycle::Store;
use strata_runtime::clock;

use crate::api::Api;

/// Each over SQLite, and over Postgres where there is one.
async fn everywhere(check: impl AsyncFn(Api)) {
    check(Api::sqlite().await).await;
    if let Some(api) = Api::postgres().await {
        check(api).await;
    }
}

/// The store of a registry that runs, as a command opens it.
async fn store(api: &Api) -> Store {
    Store::open(api.config(), Arc::new(clock::System), ada()).await.unwrap()
}

fn ada() -> Agent {
    Agent::new(AgentKind::Person, "ada")
}

fn sqlite(file: &Path) -> Secret {
    Secret::new(format!("sqlite://{}", file.display()))
}

/// What was recorded of ada.
fn recorded(api: &Api) -> Vec<String> {
    let records = read(&folder(api.folder()), Filter::default()).unwrap().map(Result::unwrap);
    records.filter(|record| record.who.name() == "ada").map(|record| record.what).collect()
}

/// The tables of an empty MLflow store, and the rows of one, both made by MLflow's own server.
const SCHEMA: &str = include_str!("../../../src/lifecycle/mlflow-3.18.0.sql");
const ROWS: &str = include_str!("../../golden/mlflow-3.18.0-store.sql");
/// Of its webhooks' secrets; it was made for this.
const KEY: &str = "hL3AGnoe-gXNI1-sV_MhQT6PnnSRXGsDcEFgxJeuNYk=";

/// MLflow's database, in a file.
async fn golden(folder: &Path) -> PathBuf {
    let file = folder.join("mlflow.db");
    let database = Database::foreign(&sqlite(&file)).await.unwrap();
    let mut tx = database.write().await.unwrap();
    raw_sql(SCHEMA).execute(&mut *tx).await.unwrap();
    raw_sql(ROWS).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    database.close().await;
    file
}

/// All rows of a question, each as a text, in order.
async fn rows(database: &Database, sql: &str) -> Vec<String> {
    let mut tx = database.read().await.unwrap();
    let rows = query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut *tx).await.unwrap();
    let mut rows: Vec<String> = rows
        .iter()
        .map(|row| {
            let value = |at: usize| row.try_get::<Option<String>, _>(at).unwrap().unwrap_or_else(|| "-".to_owned());
            (0..row.len()).map(value).collect::<Vec<_>>().join(" | ")
        })
        .collect();
    rows.sort();
    rows
}
