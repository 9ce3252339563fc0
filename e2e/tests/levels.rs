//! Raising, felling and seeing by level.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::net::TcpListener;
use std::time::Instant;

use serde_json::Value;
use strata_e2e::Strata;

fn healthy(status: &Value) -> Vec<&str> {
    let services = status["services"].as_array().unwrap();
    services.iter().filter(|s| s["health"] == "healthy").map(|s| s["name"].as_str().unwrap()).collect()
}

fn get(url: &str) -> (u16, String) {
    let mut answer = ureq::get(url).config().http_status_as_error(false).build().call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Faults 1 to 5, 10: status says everything it knows, to people and machines, and its exit code says which it is; a step
/// counts as done; felling a level takes what stands on it and nothing below.
#[test]
fn levels_are_raised_seen_and_felled() {
    let Some(strata) = Strata::new() else { return };
    assert_eq!(strata.status(&[]).1, 1, "nothing runs");
    let up = strata.up(&["--empty", "--level", "2"]);
    assert_eq!((up.code, up.said["healthy"].as_bool()), (0, Some(true)), "{}", up.said);
    let ground = ["objects", "log", "s3", "key-value", "database"];
    let two = ["history", "landing", "gateway", "silver", "refinery"];
    let (status, code) = strata.status(&[]);
    assert_eq!((code, healthy(&status)), (0, [&ground[..], &two].concat()));
    let gateway = status["services"].as_array().unwrap().iter().find(|s| s["name"] == "gateway").unwrap();
    for field in ["level", "state", "health", "cause", "port", "url", "memory_bytes", "restarts", "uptime_seconds"] {
        assert!(gateway.get(field).is_some(), "{field}: {gateway}");
    }
    assert_eq!(up.service("history")["state"], "done");
    let text = strata.run(&["status"]);
    assert!(ground.iter().chain(&two).all(|name| text.contains(name)), "{text}");
    assert_eq!(strata.status(&["serving"]).1, 2, "what was not raised is not healthy");

    let refused = strata.refused(&["refine"], 1);
    assert!(refused.contains("strata up") && refused.contains("refines by itself"), "{refused}");
    // More is raised in the same process.
    let more = strata.up(&["--empty", "--level", "3"]);
    assert_eq!((more.code, more.pid()), (0, up.pid()));
    assert_eq!(more.service("features")["state"], "done");
    std::mem::forget(more);

    strata.run(&["down", "--level", "processing", "--yes"]);
    let (status, _) = strata.status(&[]);
    assert_eq!(healthy(&status), [&ground[..], &two[..3]].concat(), "what lies below stands");
    let restarted = strata.run(&["restart", "--level", "1", "--json"]);
    assert!(restarted.contains("\"healthy\":true"), "{restarted}");
    let log = strata.run(&["logs", "1", "--json", "--since", "1h"]);
    assert!(log.lines().any(|line| line.contains("\"service\":\"gateway\"")), "{log}");
    drop(up);
    let (status, code) = strata.status(&[]);
    assert_eq!((code, status["pid"].as_u64()), (1, None));
    assert!(status["cause"].as_str().unwrap().contains("nothing runs"), "{status}");
}

#[test]
fn a_killed_stack_is_known_as_killed_and_rises_again() {
    let Some(strata) = Strata::new() else { return };
    let up = strata.up(&["--empty", "--level", "1"]);
    let pid = up.pid();
    up.kill();
    let (status, code) = strata.status(&[]);
    assert_eq!(code, 1);
    let cause = status["cause"].as_str().unwrap();
    assert!(cause.contains(&pid.to_string()) && cause.contains("killed"), "{cause}");
    let wanted = status["services"].as_array().unwrap().iter().filter(|s| s["wanted"] == true).count();
    assert_eq!(wanted, 8, "{status}");
    let doctor = strata.output(&["doctor", "--json", "--set", "ingestion.gateway_port=0"]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains("without felling"), "{doctor:?}");
    let again = strata.up(&["--empty", "--level", "1"]);
    assert_eq!(again.code, 0);
    let plan: Value = strata.json(&["plan"]);
    assert!(plan["seconds"].as_f64().unwrap() > 0.0, "start-up times are remembered: {plan}");
}

/// Fault 9: two services claim a port; and a port that is taken is told at once, with who holds it.
#[test]
fn taken_ports_are_told_before_anything_starts() {
    let Some(strata) = Strata::new() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let began = Instant::now();
    let gateway = format!("ingestion.gateway_port={port}");
    let serving = format!("serving.port={port}");
    let free = ["--set", "infrastructure.log_port=0", "--set", "infrastructure.s3_port=0"];
    for detach in [&[][..], &["--detach"]] {
        let words = [&["up", "--empty", "--set", &gateway, "--set", &serving][..], &free, detach].concat();
        let error = strata.refused(&words, 1);
        assert!(error.contains("`gateway` and `serving` both claim it"), "{error}");
        let holder = format!("taken by process {}", std::process::id());
        assert!(error.contains(&holder) && error.contains("--set ingestion.gateway_port"), "{error}");
    }
    assert!(began.elapsed().as_secs() < 20, "it was told at once");
    assert_eq!(strata.status(&[]).1, 1, "nothing was raised");
}

/// Faults 6 to 8: erasing is asked for, shown, agreed to and undone; it touches what belongs to the level, and never the
/// audit log.
#[test]
fn erasing_takes_one_level_after_a_snapshot() {
    let Some(strata) = Strata::new() else { return };
    let reading = r#"{"patient_id": "p1", "timestamp": "2026-01-02T00:00:00Z", "source": "bed", "heart_rate": 80}"#;
    let send = |url: &str, reading: &str| {
        let answer = ureq::post(format!("{url}/v1/events/patient-vitals")).content_type("application/x-ndjson");
        let answer: Value = answer.send(reading).unwrap().body_mut().read_json().unwrap();
        assert_eq!(answer["accepted"], 1, "{answer}");
    };
    let up = strata.up(&["--empty", "--level", "2"]);
    send(&up.url("gateway"), reading);
    drop(up);
    strata.json(&["refine"]);
    assert_eq!(strata.number("SELECT count(*) FROM vitals"), 1);

    let refused = strata.refused(&["down", "--level", "1", "--erase"], 1);
    assert!(refused.contains("--yes"), "{refused}");
    assert!(strata.folder().join("raw").exists());
    let erased = strata.json(&["down", "--level", "ingestion", "--erase", "--yes"]);
    assert_eq!(erased["erased"][0]["counts"], serde_json::json!([["records of patient-vitals", 1]]), "{erased}");
    assert!(erased["erased"][0]["newest"].is_string(), "{erased}");
    let snapshots: Vec<_> = std::fs::read_dir(strata.folder().join("snapshots")).unwrap().collect();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(strata.number("SELECT count(*) FROM vitals"), 1, "level 2 is not level 1's");
    assert!(strata.folder().join("audit").exists());

    // What comes later follows on what is gone: nothing is read twice, nothing is skipped.
    let up = strata.up(&["--empty", "--level", "2"]);
    send(&up.url("gateway"), &reading.replace("2026-01-02", "2026-01-03"));
    drop(up);
    strata.json(&["refine"]);
    assert_eq!(strata.number("SELECT count(*) FROM vitals"), 2);

    strata.json(&["down", "--level", "0", "--erase", "--yes", "--no-snapshot"]);
    assert!(!strata.folder().join("log").exists() && strata.folder().join("raw").exists());
    let up = strata.up(&["--empty", "--level", "2"]);
    send(&up.url("gateway"), &reading.replace("2026-01-02", "2026-01-04"));
    drop(up);
    strata.json(&["refine"]);
    assert_eq!(strata.number("SELECT count(*) FROM vitals"), 3);
    strata.json(&["clean", "--all", "--yes", "--no-snapshot"]);
    assert!(!strata.folder().join("raw").exists() && !strata.folder().join("runs").exists());
    assert!(strata.run(&["audit", "verify"]).contains("whole"));
    assert!(strata.run(&["audit", "show", "--what", "down"]).contains("down"));
}

/// Fault 12: a profile starts what can never work. `--only` takes the rest from where the configuration says, or refuses.
#[test]
fn parts_of_a_stack_work_against_each_other() {
    let Some(ground) = Strata::new() else { return };
    let Some(intake) = Strata::new() else { return };
    let refused = intake.refused(&["up", "--only", "gateway"], 1);
    assert!(refused.contains("`gateway` needs `log`") && refused.contains("infrastructure.log"), "{refused}");
    let below = ground.up(&["--empty", "--only", "log"]);
    let log = format!("infrastructure.log=127.0.0.1:{}", below.service("log")["port"]);
    let up = intake.up(&["--empty", "--only", "gateway,landing", "--set", &log]);
    assert_eq!(up.code, 0, "{}", up.said);
    let answer = ureq::post(format!("{}/v1/events/patient-vitals", up.url("gateway")))
        .content_type("application/json")
        .send(r#"{"patient_id": "p1", "timestamp": "2026-01-02T00:00:00Z", "heart_rate": 80}"#);
    assert!(answer.is_ok());
    drop(up);
    intake.json(&["refine"]);
    assert_eq!(intake.number("SELECT count(*) FROM vitals"), 1);
}

/// The platform is useful at once: an empty folder gets a history, features, a model, and predictions. Faults 13, 28: the
/// page and the metrics tell what is.
#[test]
fn an_empty_folder_becomes_a_served_model() {
    let Some(strata) = Strata::new() else { return };
    let hospital = ["--set", "synthetic.patients=400", "--set", "synthetic.days=4", "--set", "training.max_epochs=3"];
    let up = strata.up(&hospital);
    assert_eq!(up.code, 0, "{}", up.said);
    let (code, ready) = get(&format!("{}/readyz", up.url("serving")));
    assert_eq!(code, 200, "{ready}");
    let (_, page) = get(&format!("{}/", up.url("gateway")));
    assert!(page.contains("<html") && ["log", "refinery", "serving"].iter().all(|name| page.contains(name)), "{page}");
    let (_, metrics) = get(&format!("{}/metrics", up.url("gateway")));
    assert!(metrics.contains("strata_service_healthy{service=\"serving\"} 1"), "{metrics}");
    let (rows, champion) = (strata.number("SELECT count(*) FROM features"), strata.folder().join("runs/champion"));
    assert!(rows > 1_000 && champion.exists());
    up.kill();

    // A warm folder: nothing is made again.
    let began = Instant::now();
    let again = strata.up(&hospital);
    assert_eq!(again.code, 0);
    eprintln!("warm start: {:?}, {}", began.elapsed(), again.said["start"]);
    assert_eq!(strata.number("SELECT count(*) FROM features"), rows);
}

#[test]
fn older_words_are_understood() {
    let Some(strata) = Strata::new() else { return };
    let (_, code) = strata.status(&[]);
    let old = strata.output(&["--status"]);
    assert_eq!(old.status.code(), Some(code));
    let refused = strata.refused(&["--start-level", "9"], 1);
    assert!(refused.contains("no level `9`") && refused.contains("0 (infrastructure)"), "{refused}");
}
