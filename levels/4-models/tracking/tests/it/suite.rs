//! What every backend does alike.

use std::path::Path;

use serde_json::{Value, json};
use strata_tracking::{Error, Metric, NewRun, Status, Tracking};

/// What is looked at beside the backend: the same server, asked by its URL.
pub(crate) async fn told(url: &str, address: &str) -> Value {
    let answer = reqwest::get(format!("{url}/api/2.0/mlflow/{address}")).await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

/// Holds a backend to all of it; `url` is where the same server answers over HTTP.
pub(crate) async fn holds(tracking: &Tracking, url: &str) {
    tracking.check().await.unwrap();
    assert_eq!(tracking.resolve("sepsis risk", "champion").await.unwrap(), None, "there is no such model");

    let tags = [("strata.data", "synthetic")];
    let new = NewRun { experiment: "early warning", name: "network", started_ms: 1_000, tags: &tags };
    let run = tracking.begin(&new).await.unwrap();
    run.log_params(&[("seed", "42"), ("hidden", "[64, 32]")]).await.unwrap();
    run.log_params(&[("seed", "42")]).await.unwrap();
    let refused = run.log_params(&[("seed", "43")]).await.unwrap_err();
    assert!(
        matches!(&refused, Error::Refused { status: 400, code, .. } if code == "INVALID_PARAMETER_VALUE"),
        "{refused}"
    );
    let point = |step: i64| Metric { key: "loss".into(), value: 1.0 / (step + 1) as f64, step, at_ms: 1_000 + step };
    let mut points: Vec<_> = (0..2_500).map(point).collect();
    points.push(Metric { key: "auroc".into(), value: f64::NAN, step: 0, at_ms: 2_000 });
    run.log_metrics(&points).await.unwrap();

    let folder = tempfile::tempdir().unwrap();
    let files = [("model/MLmodel", "flavors:\n"), ("model/model.onnx", "weights"), ("evaluation.html", "<p>good</p>")];
    for (file, text) in files.into_iter().chain([("model/deep down/ü %.txt", "")]) {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    run.keep(folder.path()).await.unwrap();
    run.finish(Status::Finished, 9_000).await.unwrap();
    looks_as_logged(url, run.id()).await;

    let first = run.register("sepsis risk", "model", &[("strata.model", "network")]).await.unwrap();
    assert_eq!((&*first.name, &*first.version, &*first.run_id), ("sepsis risk", "1", run.id()));
    assert_eq!(tracking.resolve("sepsis risk", "champion").await.unwrap(), None, "there is no such alias yet");
    tracking.point("champion", &first).await.unwrap();
    assert_eq!(tracking.resolve("sepsis risk", "champion").await.unwrap(), Some(first.clone()));
    let listed = tracking.files(&first).await.unwrap();
    assert_eq!(listed, ["MLmodel", "deep down/ü %.txt", "model.onnx"]);
    for (file, text) in [("model.onnx", "weights"), ("deep down/ü %.txt", "")] {
        let to = folder.path().join("fetched");
        tracking.fetch(&first, file, &to, 7).await.unwrap();
        assert_eq!(std::fs::read_to_string(&to).unwrap(), text);
    }
    refuses(tracking, folder.path(), &first).await;

    // Another run of the same experiment and model, which takes over.
    let new = NewRun { name: "logistic_regression", tags: &[], ..new };
    let other = tracking.begin(&new).await.unwrap();
    other.keep(folder.path()).await.unwrap();
    other.finish(Status::Failed, 9_000).await.unwrap();
    let second = other.register("sepsis risk", "model", &[]).await.unwrap();
    assert_eq!(second.version, "2");
    tracking.point("champion", &second).await.unwrap();
    assert_eq!(tracking.resolve("sepsis risk", "champion").await.unwrap(), Some(second));
}

/// Errors say what is wrong, and nothing is half done in silence.
async fn refuses(tracking: &Tracking, folder: &Path, version: &strata_tracking::ModelVersion) {
    let error = tracking.fetch(version, "model.onnx", &folder.join("x"), 6).await.unwrap_err();
    assert!(matches!(error, Error::TooLarge { most: 6, .. }), "{error}");
    let error = tracking.fetch(version, "nothing", &folder.join("x"), 6).await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 404, .. }), "{error}");
    let error = tracking.fetch(version, "model.onnx", &folder.join("no/folder"), 7).await.unwrap_err();
    assert!(matches!(error, Error::Disk { .. }), "{error}");
    let nothing = strata_tracking::ModelVersion { version: "77".into(), ..version.clone() };
    let error = tracking.point("champion", &nothing).await.unwrap_err();
    assert!(matches!(error, Error::Refused { status: 404, .. }), "{error}");
}

/// What was logged is what any client of the server sees.
async fn looks_as_logged(url: &str, id: &str) {
    let run = &told(url, &format!("runs/get?run_id={id}")).await["run"];
    let info = &run["info"];
    assert_eq!((&info["status"], &info["run_name"]), (&json!("FINISHED"), &json!("network")));
    assert_eq!((&info["start_time"], &info["end_time"]), (&json!(1_000), &json!(9_000)));
    let pair = |list: &str, key: &str| {
        let list = run["data"][list].as_array().unwrap();
        list.iter().find(|pair| pair["key"] == key).map(|pair| pair["value"].clone()).unwrap_or_default()
    };
    assert_eq!((pair("params", "seed"), pair("params", "hidden")), (json!("42"), json!("[64, 32]")));
    assert_eq!(pair("tags", "strata.data"), "synthetic");
    assert_eq!((pair("metrics", "loss"), pair("metrics", "auroc")), (json!(1.0 / 2_500.0), json!("NaN")));
    let history = told(url, &format!("metrics/get-history?run_id={id}&metric_key=loss&max_results=25000")).await;
    assert_eq!(history["metrics"].as_array().unwrap().len(), 2_500);
    let experiment = told(url, "experiments/get-by-name?experiment_name=early%20warning").await;
    assert_eq!(experiment["experiment"]["experiment_id"], info["experiment_id"]);
}
