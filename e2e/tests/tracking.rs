//! Runs and versions in Strata's registry, in MLflow's own server and in folders; and serving, which follows the champion.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use strata_e2e::{Running, Strata, Up};
use strata_testkit::MlflowServer;

const PATIENCE: Duration = Duration::from_mins(1);
const HOSPITAL: [&str; 4] = ["--set", "synthetic.patients=300", "--set", "synthetic.days=3"];
const QUICK: [&str; 4] = ["--set", "training.max_epochs=2", "--set", "training.bootstrap=0"];

fn until(what: &str, mut wanted: impl FnMut() -> bool) {
    let began = Instant::now();
    while !wanted() {
        assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::yield_now();
    }
}

fn ask(mlflow: &str, address: &str) -> Value {
    let url = format!("{mlflow}/api/2.0/mlflow/{address}");
    ureq::get(url).call().unwrap().body_mut().read_json().unwrap()
}

fn champion(mlflow: &str) -> Value {
    ask(mlflow, "registered-models/alias?name=strata&alias=champion")["model_version"].clone()
}

/// Moves the alias, as MLflow's own client does it where there is one.
fn move_alias(mlflow: &str, version: &str) {
    if let Some(python) = strata_testkit::mlflow() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/move_champion.py");
        let output = Command::new(python).arg(script).args([mlflow, "strata", version]).stdin(Stdio::null()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let body = json!({"name": "strata", "alias": "champion", "version": version});
    ureq::post(format!("{mlflow}/api/2.0/mlflow/registered-models/alias")).send_json(&body).unwrap();
}

/// Which run's model answers, and nothing else than 200 will do.
fn serving_run(serving: &str) -> String {
    let question = json!({"patient_id": "S000003", "timestamp": "2026-01-02T12:00:00Z"});
    let answer = ureq::post(format!("{serving}/v1/predict")).send_json(&question);
    let answer: Value = answer.unwrap().body_mut().read_json().unwrap();
    answer["model"]["run_id"].as_str().unwrap().to_owned()
}

/// The two versions that a training makes: who is champion, and who is not.
fn two(mlflow: &str) -> (Value, Value) {
    let first = champion(mlflow);
    let other = if first["version"] == "1" { "2" } else { "1" };
    let other = ask(mlflow, &format!("model-versions/get?name=strata&version={other}"))["model_version"].clone();
    (first, other)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn metric(serving: &str, series: &str) -> f64 {
    let metrics = ureq::get(format!("{serving}/metrics")).call().unwrap().body_mut().read_to_string().unwrap();
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in {metrics}")).parse().unwrap()
}

/// Fault 39, and what was true of Strata once: a champion was served only after a restart.
#[test]
fn serving_follows_the_alias_and_drops_nothing() {
    let Some(strata) = Strata::new() else { return };
    let words = [&HOSPITAL[..], &QUICK].concat();
    let up = strata.up(&words);
    assert_eq!(up.code, 0, "{}", up.said);
    let (mlflow, serving) = (up.url("registry"), up.url("serving"));
    let (first, other) = two(&mlflow);
    runs_are_logged(&mlflow, &first);
    assert_eq!(serving_run(&serving), text(&first["run_id"]));

    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        let asking = threads.spawn(|| {
            let mut asked = 0_u64;
            while !done.load(Ordering::Relaxed) {
                serving_run(&serving);
                asked += 1;
            }
            asked
        });
        move_alias(&mlflow, text(&other["version"]));
        until("the other serves", || serving_run(&serving) == text(&other["run_id"]));
        done.store(true, Ordering::Relaxed);
        assert!(asking.join().unwrap() > 0);
    });
    assert_eq!(metric(&serving, "strata_serving_model_swaps_total"), 1.0);
    let log = strata.run(&["logs", "serving"]);
    assert!(log.contains("another model serves from now on"), "{log}");
    let recorded = strata.run(&["audit", "show", "--what", "swap model"]);
    assert!(recorded.contains(&format!("models:/strata/{}", text(&other["version"]))), "{recorded}");
    assert!(strata.run(&["audit", "verify"]).contains("record"));

    // The alias and who serves survive; nothing is trained again.
    up.kill();
    let up = strata.up(&words);
    assert_eq!(up.code, 0, "{}", up.said);
    assert_eq!(champion(&up.url("registry"))["version"], other["version"]);
    assert_eq!(serving_run(&up.url("serving")), text(&other["run_id"]));
    let experiment = ask(&up.url("registry"), "experiments/get-by-name?experiment_name=strata");
    let asked = json!({"experiment_ids": [experiment["experiment"]["experiment_id"]]});
    let mut runs = ureq::post(format!("{}/api/2.0/mlflow/runs/search", up.url("registry"))).send_json(&asked).unwrap();
    let runs: Value = runs.body_mut().read_json().unwrap();
    assert_eq!(runs["runs"].as_array().unwrap().len(), 2, "{runs}");
    falls_with_its_store(&strata, up);
}

/// What MLflow's clients see of a training.
fn runs_are_logged(mlflow: &str, version: &Value) {
    let run = &ask(mlflow, &format!("runs/get?run_id={}", text(&version["run_id"])))["run"];
    assert_eq!(run["info"]["status"], "FINISHED");
    let keys = |list: &str| -> Vec<String> {
        run["data"][list].as_array().unwrap().iter().map(|pair| text(&pair["key"]).to_owned()).collect()
    };
    assert!(keys("metrics").contains(&"auroc".to_owned()) && keys("params").contains(&"seed".to_owned()), "{run}");
    let listed = ask(mlflow, &format!("artifacts/list?run_id={}", text(&version["run_id"])));
    let files: Vec<_> = listed["files"].as_array().unwrap().iter().map(|file| text(&file["path"])).collect();
    assert_eq!(files, ["evaluation.html", "evaluation.json", "model"]);
    assert!(version["tags"].as_array().unwrap().iter().any(|tag| tag["key"] == "strata.model_version"), "{version}");
}

/// Erasing the level takes its registry and the model that was served, and says what.
fn falls_with_its_store(strata: &Strata, up: Up<'_>) {
    drop(up);
    strata.run(&["down", "--level", "4", "--erase", "--yes"]);
    for folder in ["registry", "served", "runs"] {
        assert!(!strata.folder().join(folder).exists(), "{folder}");
    }
}

fn serve(strata: &Strata, tracking: &str) -> (Running, String) {
    let mut serving = strata.start(&["serve", "--port", "0", "--json", "--tracking", tracking]);
    let mut line = String::new();
    BufReader::new(serving.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = serde_json::from_str::<Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
    (serving, url)
}

fn with_features(strata: &Strata) {
    strata.json(&["generate", "--patients", "300", "--days", "3"]);
    strata.json(&["refine"]);
    strata.json(&["features"]);
}

/// A team that has MLflow's own server keeps it; when that is gone, who served last serves.
#[test]
fn mlflows_own_server_keeps_runs_and_says_who_serves() {
    let Some(strata) = Strata::new() else { return };
    let Some(server) = MlflowServer::start() else { return };
    with_features(&strata);
    let mlflow = server.url().to_owned();
    let train = [&["train", "--tracking", &mlflow][..], &QUICK].concat();
    let trained = strata.json(&train);
    assert_eq!(trained["registered"].as_array().unwrap().len(), 2, "{trained}");
    let (first, other) = two(&mlflow);
    runs_are_logged(&mlflow, &first);
    let (standing, serving) = serve(&strata, &mlflow);
    assert_eq!(serving_run(&serving), text(&first["run_id"]));
    move_alias(&mlflow, text(&other["version"]));
    until("the other serves", || serving_run(&serving) == text(&other["run_id"]));

    drop(server);
    assert_eq!(serving_run(&serving), text(&other["run_id"]), "no server is asked for a prediction");
    until("it is counted that the server is gone", || metric(&serving, "strata_serving_model_failures_total") > 0.0);
    drop(standing);
    let (_standing, serving) = serve(&strata, &mlflow);
    assert_eq!(serving_run(&serving), text(&other["run_id"]), "who served last serves");
    let error = strata.refused(&train, 1);
    assert!(error.contains("does not answer") && error.contains(&mlflow), "{error}");
}

/// Without any registry the data folder says who is champion, and serving follows that.
#[test]
fn without_a_registry_serving_follows_the_folder() {
    let Some(strata) = Strata::new() else { return };
    with_features(&strata);
    let train = |more: &[&str]| strata.json(&[&["train", "--tracking", "none"][..], &QUICK, more].concat());
    assert_eq!(train(&[])["registered"], json!([]));
    let champion = strata.folder().join("runs/champion");
    let first = std::fs::read_to_string(&champion).unwrap();
    let (_standing, serving) = serve(&strata, "none");
    assert_eq!(format!("0/{}", serving_run(&serving)), first);

    // A training that learned nothing takes nobody's place.
    let poor = train(&["--set", "training.learning_rate=1e-9", "--set", "training.averaging=0"]);
    assert_eq!(poor["champion"], "as before", "{poor}");
    assert_eq!(std::fs::read_to_string(&champion).unwrap(), first);

    let other = Path::new(text(&poor["runs"][0][1])).file_name().unwrap().to_str().unwrap().to_owned();
    let partial = champion.with_extension("partial");
    std::fs::write(&partial, format!("0/{other}")).unwrap();
    std::fs::rename(&partial, &champion).unwrap();
    until("the new champion serves", || serving_run(&serving) == other);
    assert!(!strata.folder().join("registry").exists());
    let refused = strata.refused(&["serve", "--set", "tracking.uri=http://x"], 1);
    assert!(refused.contains("unknown key `tracking.uri`") && refused.contains("tracking.url"), "{refused}");
}

/// A server that is told to end ends well: its store is closed, and what was recorded beside answers is in the audit log.
#[test]
fn a_registry_that_is_told_to_end_closes_its_store() {
    let Some(strata) = Strata::new() else { return };
    let mut server = strata.start(&["registry", "serve", "--port", "0", "--json"]);
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = serde_json::from_str::<Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
    ureq::post(format!("{url}/api/2.0/mlflow/experiments/create")).send_json(json!({"name": "kept"})).unwrap();
    let store = || {
        let files = std::fs::read_dir(strata.folder().join("registry")).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert!(store().iter().any(|file| file.ends_with("-wal")), "{:?}", store());
    let told = Command::new("kill").args(["-TERM", &server.0.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
    assert!(!store().iter().any(|file| file.ends_with("-wal")), "{:?}", store());
    let audit = strata.run(&["audit", "show", "--json"]);
    assert!(audit.contains("registry serve") && audit.contains("experiments/create"), "{audit}");
}
