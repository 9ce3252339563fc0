//! Copies of a store, made while it is served, and brought back.

use std::sync::Arc;

use serde_json::json;
use strata_database::Database;
use strata_registry::lifecycle::{Present, Store};
use strata_runtime::clock;

use super::{ada, everywhere, rows, sqlite, store};
use crate::api::{Api, well};

async fn restore(api: &Api, from: &std::path::Path, present: Present) -> Result<u64, String> {
    let restored = Store::restore(api.config(), Arc::new(clock::System), ada(), from, present, &mut |_, _, _| {}).await;
    restored.map(|restored| restored.files).map_err(|error| error.to_string())
}

/// The names of the experiments, and how many points there are.
async fn held(api: &Api) -> (Vec<String>, Vec<String>) {
    let url = api.config().database.unwrap_or_else(|| sqlite(&api.folder().join("registry.db")));
    let database = Database::look(&url).await.unwrap();
    let points = "SELECT CAST(sum(count) AS TEXT) FROM metric_chunks";
    let held = (rows(&database, "SELECT name FROM experiments").await, rows(&database, points).await);
    database.close().await;
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_brings_back_what_was() {
    everywhere(async |api| {
        let made = well(api.post("/runs/create", json!({ "experiment_id": "0" })).await);
        let id = made["run"]["info"]["run_id"].as_str().unwrap();
        let metric = |value: f64| json!({ "run_id": id, "key": "loss", "value": value, "timestamp": 1 });
        well(api.post("/runs/log-metric", metric(0.5)).await);
        let artifacts = api.folder().join("artifacts");
        std::fs::create_dir_all(artifacts.join("0/x")).unwrap();
        std::fs::write(artifacts.join("0/x/model"), "bytes").unwrap();

        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("backup");
        let store = store(&api).await;
        let backup = store.backup(&to, true, &mut |_, _, _| {}).await.unwrap();
        assert_eq!((backup.files, backup.bytes, backup.artifacts_copied), (1, 5, true));
        let again = store.backup(&to, true, &mut |_, _, _| {}).await.unwrap_err().to_string();
        assert!(again.contains("is there already"), "{again}");
        assert!(!folder.path().join("backup.partial").exists());
        store.close().await;
        let then = held(&api).await;

        well(api.post("/runs/log-metric", metric(0.25)).await);
        well(api.post("/experiments/create", json!({ "name": "later" })).await);
        std::fs::remove_file(artifacts.join("0/x/model")).unwrap();
        let refused = restore(&api, &to, Present::Refuse).await.unwrap_err();
        assert!(refused.contains("already"), "{refused}");
        if api.config().database.is_none() {
            let busy = restore(&api, &to, Present::Replace).await.unwrap_err();
            assert!(busy.contains("is in use"), "{busy}");
        }
        assert_ne!(held(&api).await, then);

        api.end().await;
        assert_eq!(restore(&api, &to, Present::Replace).await, Ok(1));
        assert_eq!(held(&api).await, then);
        assert!(artifacts.join("0/x/model").exists());
        // Numbers go on after those that were brought back.
        let next = Store::open(api.config(), Arc::new(clock::System), ada()).await.unwrap();
        next.close().await;

        std::fs::write(to.join("registry.db"), "something else").unwrap();
        let changed = restore(&api, &to, Present::Replace).await.unwrap_err();
        assert!(changed.contains("its bytes have changed"), "{changed}");
        assert_eq!(held(&api).await, then);
    })
    .await;
}

/// From a file to a server: a backup goes into either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_one_kind_goes_into_the_other() {
    let Some(server) = Api::postgres().await else { return };
    let file = Api::sqlite().await;
    well(file.post("/experiments/create", json!({ "name": "of a file" })).await);
    well(file.post("/registered-models/create", json!({ "name": "risk" })).await);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("backup");
    store(&file).await.backup(&to, false, &mut |_, _, _| {}).await.unwrap();
    restore(&server, &to, Present::Refuse).await.unwrap();
    assert_eq!(held(&server).await, held(&file).await);
    // And new rows get numbers of their own.
    well(server.post("/experiments/create", json!({ "name": "next" })).await);
    well(server.post("/registered-models/create", json!({ "name": "next" })).await);
}
