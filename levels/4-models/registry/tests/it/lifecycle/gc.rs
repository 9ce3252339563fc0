//! Clearing away for good.

use std::time::Duration;

use serde_json::json;
use strata_registry::lifecycle::Which;

use super::{everywhere, recorded, store};
use crate::api::{Api, refused, well};

#[expect(clippy::unused_async, reason = "the others are asynchronous")]
async fn file(api: &Api, path: &str) {
    let file = api.folder().join("artifacts").join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, "x").unwrap();
}

/// A run with a metric and a file, by its id.
async fn run(api: &Api, experiment: &str) -> String {
    let made = well(api.post("/runs/create", json!({ "experiment_id": experiment })).await);
    let id = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let metric = json!({ "run_id": id, "key": "loss", "value": 1, "timestamp": 1 });
    well(api.post("/runs/log-metric", metric).await);
    let dataset = json!({ "name": "d", "digest": "1", "source_type": "local", "source": "{}" });
    let inputs = json!({ "run_id": id, "datasets": [{ "dataset": dataset, "tags": [{ "key": "k", "value": "v" }] }] });
    well(api.post("/runs/log-inputs", inputs).await);
    file(api, &format!("{experiment}/{id}/artifacts/model.txt")).await;
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_goes_for_good() {
    everywhere(async |api| {
        let gone = well(api.post("/experiments/create", json!({ "name": "gone" })).await);
        let gone = gone["experiment_id"].as_str().unwrap();
        let (kept, deleted, within) = (run(&api, "0").await, run(&api, "0").await, run(&api, gone).await);
        let model = json!({ "experiment_id": "0", "name": "m", "source_run_id": kept });
        let model = well(api.post("/logged-models", model).await);
        let model = model["model"]["info"]["model_id"].as_str().unwrap();
        file(&api, &format!("0/models/{model}/artifacts/MLmodel")).await;
        well(api.post("/registered-models/create", json!({ "name": "risk" })).await);
        let source = format!("mlflow-artifacts:/0/{deleted}/artifacts/model.txt");
        let version = json!({ "name": "risk", "source": source, "run_id": deleted });
        well(api.post("/model-versions/create", version).await);
        well(api.post("/runs/delete", json!({ "run_id": deleted })).await);
        well(api.post("/experiments/delete", json!({ "experiment_id": gone })).await);
        well(api.delete(&format!("/logged-models/{model}"), json!({})).await);

        let store = store(&api).await;
        let old = Which { older_than: Duration::from_hours(1), ..Which::default() };
        assert!(store.plan(&old).await.unwrap().is_empty());
        let named = Which { run_ids: vec![deleted.clone()], ..Which::default() };
        let plan = store.plan(&named).await.unwrap();
        assert_eq!((plan.runs.len(), plan.experiments.len(), plan.logged_models.len()), (1, 0, 0));
        assert_eq!(plan.model_versions, ["risk 1"]);

        let plan = store.plan(&Which::default()).await.unwrap();
        let ids: Vec<_> = plan.runs.iter().map(|run| run.id.as_str()).collect();
        assert!(ids.len() == 2 && ids.contains(&&*deleted) && ids.contains(&&*within), "{ids:?}");
        assert_eq!((plan.experiments[0].name.as_str(), plan.logged_models[0].id.as_str()), ("gone", model));
        // Nothing went yet.
        well(api.get("/runs/get", &[("run_id", &deleted)]).await);

        assert_eq!(store.clear(&plan, &mut |_, _, _| {}).await.unwrap(), 4);
        for id in [&deleted, &within] {
            refused(api.get("/runs/get", &[("run_id", id)]).await, 404, "RESOURCE_DOES_NOT_EXIST", "not found");
        }
        let asked = api.get("/experiments/get", &[("experiment_id", gone)]).await;
        refused(asked, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment");
        let folder = api.folder().join("artifacts");
        assert!(!folder.join(format!("0/{deleted}/artifacts")).exists());
        assert!(!folder.join(gone).exists());
        assert!(!folder.join(format!("0/models/{model}/artifacts")).exists());
        // The rest is as it was.
        let asked = [("run_id", &*kept), ("metric_key", "loss")];
        let history = well(api.get("/metrics/get-history", &asked).await);
        assert_eq!(history["metrics"].as_array().unwrap().len(), 1);
        assert!(folder.join(format!("0/{kept}/artifacts/model.txt")).exists());
        well(api.post("/experiments/create", json!({ "name": "gone" })).await);
        assert!(store.plan(&Which::default()).await.unwrap().is_empty());
        assert_eq!(recorded(&api), ["registry gc"]);
        store.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lives_is_refused_and_what_came_back_stays() {
    let api = Api::sqlite().await;
    let (kept, deleted) = (run(&api, "0").await, run(&api, "0").await);
    well(api.post("/runs/delete", json!({ "run_id": deleted })).await);
    let store = store(&api).await;
    let said = async |which: Which| store.plan(&which).await.unwrap_err().to_string();
    let named = |id: &str| Which { run_ids: vec![id.to_owned()], ..Which::default() };
    assert!(said(named(&kept)).await.contains("is not deleted"));
    assert!(said(named("nobody")).await.contains("there is no run nobody"));
    let soon = Which { older_than: Duration::from_hours(1), ..named(&deleted) };
    assert!(said(soon).await.contains("was not deleted so long ago"));
    assert!(said(Which { experiment_ids: vec!["0".to_owned()], ..Which::default() }).await.contains("experiment 0"));

    let plan = store.plan(&Which::default()).await.unwrap();
    well(api.post("/runs/restore", json!({ "run_id": deleted })).await);
    assert_eq!(store.clear(&plan, &mut |_, _, _| {}).await.unwrap(), 0);
    well(api.get("/runs/get", &[("run_id", &deleted)]).await);
    assert!(api.folder().join(format!("artifacts/0/{deleted}/artifacts/model.txt")).exists());
}

/// Experiments may be given one place: clearing one leaves the other's files.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_is_shared_is_left() {
    let api = Api::sqlite().await;
    let mut ids = Vec::new();
    for name in ["one", "other"] {
        let made = json!({ "name": name, "artifact_location": "mlflow-artifacts:/shared" });
        ids.push(well(api.post("/experiments/create", made).await)["experiment_id"].as_str().unwrap().to_owned());
    }
    file(&api, "shared/common.txt").await;
    well(api.post("/experiments/delete", json!({ "experiment_id": ids[0] })).await);
    let store = store(&api).await;
    let plan = store.plan(&Which::default()).await.unwrap();
    assert_eq!(store.clear(&plan, &mut |_, _, _| {}).await.unwrap(), 1);
    assert!(api.folder().join("artifacts/shared/common.txt").exists());
}
