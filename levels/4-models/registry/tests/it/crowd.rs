//! Two thousand clients at once: they wait, and none is told an error.

use std::time::Instant;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::process::Process;

const CLIENTS: usize = 2_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_clients_at_once() {
    if open_files() < CLIENTS + 200 {
        strata_testkit::skip("a process may open fewer files here than there are clients; `ulimit -n 4096` lets it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path()).await;
    let begun = Instant::now();
    // It makes a connection for each that finds none free: as many as there are clients.
    let connections = reqwest::Client::new();
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(work(connections.clone(), process.base.clone(), number));
    }
    let slowest = clients.join_all().await.into_iter().max().unwrap_or_default();
    println!("{CLIENTS} clients, 5 requests each: {:?}, the slowest answer after {slowest:?}", begun.elapsed());
    let body = json!({ "experiment_ids": ["0"], "max_results": CLIENTS, "filter": "metrics.loss >= 0" });
    let found = ask(&connections, &process.base, "/runs/search", &body).await;
    assert_eq!(found["runs"].as_array().unwrap().len(), CLIENTS, "each of them is there");
}

/// What a training does, as one client; how long its slowest answer took.
async fn work(client: reqwest::Client, base: String, number: usize) -> std::time::Duration {
    let mut slowest = std::time::Duration::ZERO;
    let mut timed = async |path: &str, body: Value| {
        let begun = Instant::now();
        let answer = ask(&client, &base, path, &body).await;
        slowest = slowest.max(begun.elapsed());
        answer
    };
    let made = timed("/runs/create", json!({ "experiment_id": "0", "run_name": format!("client {number}") })).await;
    let run = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    timed("/runs/log-metric", json!({ "run_id": run, "key": "loss", "value": 0.5, "timestamp": 1, "step": 0 })).await;
    let params = json!([{ "key": "lr", "value": number.to_string() }]);
    timed("/runs/log-batch", json!({ "run_id": run, "params": params })).await;
    let filter = format!("params.lr = '{number}'");
    let found = timed("/runs/search", json!({ "experiment_ids": ["0"], "filter": filter })).await;
    assert_eq!(found["runs"][0]["info"]["run_id"], run.as_str());
    timed("/runs/update", json!({ "run_id": run, "status": "FINISHED" })).await;
    slowest
}

async fn ask(client: &reqwest::Client, base: &str, path: &str, body: &Value) -> Value {
    let request = client.post(format!("{base}/api/2.0/mlflow{path}")).header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await.expect("it is answered");
    let (status, text) = (response.status(), response.text().await.expect("it is answered whole"));
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

/// How many this process may open, and those that it starts.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(usize::MAX)
}
