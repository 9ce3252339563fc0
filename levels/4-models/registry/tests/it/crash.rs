//! kill -9 while several clients log: what was acknowledged is there, once; what was not is there whole, or not at all.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use strata_runtime::{Clock, clock};
use tokio::task::JoinSet;

use crate::process::Process;

const CLIENTS: usize = 6;
const BLOWS: usize = 6;
const POINTS: i64 = 25;

/// The connections of all.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

/// What a client logged: the last batch that was acknowledged, and whether another was sent.
#[derive(Clone, Debug)]
struct Client {
    run: String,
    acknowledged: i64,
    sent: i64,
}

/// `STRATA_SEED` repeats the moments of the blows of another run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_registry_loses_and_doubles_nothing() {
    let seed: u64 = match std::env::var("STRATA_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => clock::System.now_micros() as u64,
    };
    println!("STRATA_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);

    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path()).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let made = post(&process.base, "/runs/create", &json!({ "experiment_id": "0" })).await.unwrap();
        let run = made["run"]["info"]["run_id"].as_str().unwrap().to_owned();
        clients.push(Client { run, acknowledged: 0, sent: 0 });
    }
    for blow in 0..BLOWS {
        let mut logging = JoinSet::new();
        for client in clients.drain(..) {
            logging.spawn(log(process.base.clone(), client));
        }
        let moment = Duration::from_micros(20_000 + random.next_u64() % 600_000);
        tokio::time::sleep(moment).await;
        process.kill();
        clients = logging.join_all().await;
        process = Process::start(folder.path()).await;
        for client in &mut clients {
            let there = check(&process.base, client).await;
            assert!(
                client.acknowledged == there || client.sent == there,
                "blow {blow}, after {moment:?}, seed {seed}: {client:?}, {there} batches are there"
            );
            // A batch that was kept and not acknowledged would be sent again by a client that lives.
            client.sent = client.acknowledged;
        }
    }
    let acknowledged: i64 = clients.iter().map(|client| client.acknowledged).sum();
    assert!(acknowledged > BLOWS as i64, "{acknowledged} batches were acknowledged: nothing was tested");
}

/// Until nobody answers.
async fn log(base: String, mut client: Client) -> Client {
    loop {
        client.sent = client.acknowledged + 1;
        match post(&base, "/runs/log-batch", &batch(&client.run, client.sent)).await {
            Ok(_) => client.acknowledged = client.sent,
            Err(_) => return client,
        }
    }
}

/// Batch `n`: points of two metrics, a parameter and a tag, which all say so.
fn batch(run: &str, n: i64) -> Value {
    let point = |key: &str, step: i64| json!({ "key": key, "value": step as f64, "timestamp": n, "step": step });
    let steps = (n - 1) * POINTS..n * POINTS;
    let metrics: Vec<Value> = steps.flat_map(|step| [point("loss", step), point("auroc", step)]).collect();
    let params = json!([{ "key": format!("p{n}"), "value": n.to_string() }]);
    json!({ "run_id": run, "metrics": metrics, "params": params, "tags": [{ "key": "last", "value": n.to_string() }] })
}

/// How many batches are there, each of which is there whole and once.
async fn check(base: &str, client: &Client) -> i64 {
    let run = get(base, "/runs/get", &[("run_id", &client.run)]).await;
    let pairs = |name: &str| -> BTreeMap<String, String> {
        let list = run["run"]["data"][name].as_array().cloned().unwrap_or_default();
        let text = |pair: &Value, field: &str| pair[field].as_str().unwrap().to_owned();
        list.iter().map(|pair| (text(pair, "key"), text(pair, "value"))).collect()
    };
    let (params, tags) = (pairs("params"), pairs("tags"));
    let batches = params.len() as i64;
    for n in 1..=batches {
        assert_eq!(params.get(&format!("p{n}")), Some(&n.to_string()));
    }
    assert_eq!(tags.get("last").map_or("0", String::as_str), batches.to_string());
    for key in ["loss", "auroc"] {
        let history = get(base, "/metrics/get-history", &[("run_id", &client.run), ("metric_key", key)]).await;
        let points = history["metrics"].as_array().cloned().unwrap_or_default();
        let mut steps: Vec<i64> = points.iter().map(|point| integer(&point["step"])).collect();
        steps.sort_unstable();
        assert_eq!(steps, (0..batches * POINTS).collect::<Vec<_>>(), "{key} of {client:?}");
        assert!(points.iter().all(|point| point["value"].as_f64() == Some(integer(&point["step"]) as f64)));
    }
    batches
}

fn integer(value: &Value) -> i64 {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default()
}

async fn post(base: &str, path: &str, body: &Value) -> Result<Value, String> {
    let request = CLIENT.post(format!("{base}/api/2.0/mlflow{path}"));
    let request = request.header("content-type", "application/json").body(body.to_string());
    let response = request.send().await.map_err(|error| error.to_string())?;
    let (status, text) = (response.status(), response.text().await.map_err(|error| error.to_string())?);
    assert!(status.is_success(), "{path}: {status} {text}");
    Ok(serde_json::from_str(&text).unwrap())
}

async fn get(base: &str, path: &str, query: &[(&str, &str)]) -> Value {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let response = CLIENT.get(format!("{base}/api/2.0/mlflow{path}?{query}")).send().await.unwrap();
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}
