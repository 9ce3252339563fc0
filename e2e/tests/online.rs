//! Vectors as of now: as new as the last event, equal to silver's, and what predictions are made of.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use strata_e2e::{Strata, Up};

/// A test that waits longer than this for something has found it broken.
const PATIENCE: Duration = Duration::from_mins(1);

fn post(url: &str, body: &Value) -> Value {
    ureq::post(url).content_type("application/json").send(body.to_string()).unwrap().body_mut().read_json().unwrap()
}

/// Asks until the answer is as wanted.
fn until(what: &str, mut wanted: impl FnMut() -> bool) {
    let began = Instant::now();
    while !wanted() {
        assert!(began.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        std::thread::yield_now();
    }
}

fn heart_rate(up: &Up<'_>, patient: &str) -> Value {
    let asked = json!({"features": ["patient_features:hr_last"], "entities": {"patient_id": [patient]}});
    let answer = post(&format!("{}/get-online-features", up.url("online")), &asked);
    answer["results"][1]["values"][0].clone()
}

fn now() -> String {
    let said = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

fn send(up: &Up<'_>, patient: &str, rate: u32) -> Value {
    let reading = json!({"patient_id": patient, "timestamp": now(), "source": "bed", "heart_rate": rate});
    post(&format!("{}/v1/events/patient-vitals", up.url("gateway")), &reading)
}

/// Faults 35, 42: what the store held was as old as the last batch, and nothing read it. Here an event is in the next vector
/// and the next prediction, with nothing sent by hand; as of a time that has passed, silver is asked.
#[test]
fn a_prediction_is_made_of_the_newest_event() {
    let Some(strata) = Strata::new() else { return };
    let hospital = ["--set", "synthetic.patients=300", "--set", "synthetic.days=3", "--set", "training.max_epochs=2"];
    let up = strata.up(&hospital);
    assert_eq!(up.code, 0, "{}", up.said);
    assert_eq!(up.service("timelines")["state"], "done");

    // What was imported before the store existed is in it.
    let found = strata.json(&["features", "parity"]);
    assert_eq!((found["differing"].as_u64(), found["only_offline"].as_u64()), (Some(0), Some(0)), "{found}");
    assert!(found["compared"].as_u64().unwrap() >= 300, "{found}");

    // Somebody new.
    assert_eq!(heart_rate(&up, "new-1"), Value::Null);
    assert_eq!(send(&up, "new-1", 133)["accepted"], 1);
    until("the event is in the vector", || heart_rate(&up, "new-1") == json!(133.0));
    let predict = |serving: &str, timestamp: &str| {
        let question = json!({"patient_id": "new-1", "timestamp": timestamp});
        post(&format!("{serving}/v1/predict"), &question)
    };
    let serving = up.url("serving");
    // Now is told to the second here, and what was known within it counts from the next one on.
    until("the prediction has seen the event", || predict(&serving, &now())["feature_time"].is_string());
    let answer = predict(&serving, &now());
    assert_eq!(answer["feature_store"], "online", "{answer}");
    until("silver has it too", || strata.number("SELECT count(*) FROM vitals WHERE patient_id = 'new-1'") == 1);
    assert_eq!(predict(&serving, "2026-01-01T00:00:00Z")["feature_store"], "silver");

    // In a process of its own: silver answers, or the feature server where that is named.
    let online = format!("serving.features={}", up.url("online"));
    for (arguments, store) in [(vec![], "silver"), (vec!["--set", &online], "online")] {
        let mut alone = strata.start(&[&["serve", "--port", "0", "--json"], &arguments[..]].concat());
        let mut line = String::new();
        BufReader::new(alone.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let answer = predict(said["url"].as_str().unwrap(), &now());
        assert_eq!(answer["feature_store"], store, "{answer}");
    }
}

/// Fault 14, online: kill -9 under load, and both stores still say the same of everybody.
#[test]
fn the_stores_agree_after_kill_minus_nine_under_load() {
    let Some(strata) = Strata::new() else { return };
    let set = ["--empty", "--level", "3"];
    let load = |seed: &str| {
        let arguments = ["generate", "--to", "kafka", "--rate", "4000", "--count", "40000", "--patients", "60"];
        strata.start(&[&arguments[..], &["--days", "3", "--seed", seed, "--json"]].concat())
    };
    for seed in ["1", "2"] {
        let up = strata.up(&set);
        assert_eq!(up.code, 0, "{}", up.said);
        let sending = load(seed);
        let followed = || {
            let (status, _) = strata.status(&["online"]);
            let figures = status["services"][0]["figures"].as_array().cloned().unwrap_or_default();
            figures.iter().any(|figure| figure["name"] == "records followed" && figure["value"].as_f64() > Some(100.0))
        };
        until("records are followed", followed);
        up.kill();
        drop(sending);
    }
    let up = strata.up(&set);
    assert_eq!(up.code, 0, "{}", up.said);
    let found = strata.json(&["features", "parity"]);
    for what in ["differing", "only_offline", "only_online", "not_comparable"] {
        assert_eq!(found[what], 0, "{what}: {found}");
    }
    assert!(found["compared"].as_u64().unwrap() > 50, "{found}");
    drop(up);

    // At rest it is compared in the folder itself.
    strata.json(&["refine"]);
    let found = strata.json(&["features", "parity"]);
    assert_eq!((found["differing"].as_u64(), found["only_online"].as_u64()), (Some(0), Some(0)), "{found}");
    let sampled = strata.json(&["features", "parity", "--sample", "20", "--seed", "3"]);
    assert_eq!((sampled["compared"].as_u64(), sampled["differing"].as_u64()), (Some(20), Some(0)), "{sampled}");

    // An import comes by another way than the log, and is online after the next start all the same.
    strata.json(&["generate", "--patients", "20", "--days", "1", "--seed", "77"]);
    let up = strata.up(&set);
    assert_eq!(up.code, 0, "{}", up.said);
    let found = strata.json(&["features", "parity"]);
    assert_eq!((found["differing"].as_u64(), found["only_offline"].as_u64()), (Some(0), Some(0)), "{found}");

    // Erasing features erases what is online of them, also while a stack runs, and no more than that.
    let kept = strata.folder().join("kv");
    assert!(kept.exists());
    let erased = strata.json(&["down", "--level", "3", "--erase", "--yes", "--no-snapshot"]);
    assert!(erased["erased"][0]["counts"].to_string().contains("recent timelines online"), "{erased}");
    assert!(!kept.exists() && strata.folder().join("log").exists());
    assert_eq!(strata.number("SELECT count(DISTINCT 1) FROM vitals"), 1, "silver stays");
    drop(up);
}
