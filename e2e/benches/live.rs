//! The running platform in numbers: how soon it is useful, how soon it is up again, what it holds when idle, how far silver is
//! behind at 20,000 events a second, and how fast it takes what comes as fast as it can. On free ports and a folder of its own.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured, and fails by panicking"
)]

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use strata_e2e::{Strata, Up};

fn main() {
    let Some(strata) = Strata::new() else { return };
    let began = Instant::now();
    let up = strata.up(&[]);
    assert_eq!(up.code, 0, "{}", up.said);
    println!("an empty folder to a served model    {:8.1} s", began.elapsed().as_secs_f64());
    drop(up);

    let mut starts = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        let up = strata.up(&[]);
        assert_eq!(up.code, 0, "{}", up.said);
        starts.push(began.elapsed().as_secs_f64());
    }
    starts.sort_by(f64::total_cmp);
    println!("all levels healthy, warm folder      {:8.2} s (median of 3; {starts:.2?})", starts[1]);

    let up = strata.up(&[]);
    sleep(Duration::from_secs(15));
    println!("memory when idle                     {:8.0} MB", megabytes(&strata));
    paced(&strata, &up);
    flood(&strata, &up);
}

/// A minute at 20,000 events a second.
fn paced(strata: &Strata, up: &Up<'_>) {
    const RATE: u64 = 20_000;
    let (mut most_behind, mut most_memory, mut online_behind) = (0.0_f64, 0.0_f64, 0.0_f64);
    let before = cpu_seconds(up.pid());
    let count = (RATE * 60).to_string();
    let arguments = ["generate", "--to", "kafka", "--rate", &RATE.to_string(), "--count", &count, "--patients", "2000"];
    let mut sending = strata.start(&[&arguments[..], &["--days", "30", "--seed", "7", "--json"]].concat());
    while sending.0.try_wait().unwrap().is_none() {
        most_behind = most_behind.max(figure(strata, "refinery", "behind"));
        most_memory = most_memory.max(megabytes(strata));
        online_behind = online_behind.max(figure(strata, "online", "waiting") / RATE as f64);
        sleep(Duration::from_millis(500));
    }
    let cpu = cpu_seconds(up.pid()) - before;
    println!("at {RATE} events/s for 60 s:");
    println!("  silver was behind by at most       {most_behind:8.1} s");
    println!("  the online store by at most        {online_behind:8.1} s");
    println!("  memory of the stack at most        {most_memory:8.0} MB, CPU {:.2} cores", cpu / 60.0);
    caught_up(strata);
}

/// As fast as it goes.
fn flood(strata: &Strata, up: &Up<'_>) {
    let began = Instant::now();
    let before = cpu_seconds(up.pid());
    let arguments = ["generate", "--to", "kafka", "--count", "2000000", "--patients", "2000", "--days", "30"];
    let report: Value = strata.json(&[&arguments[..], &["--seed", "8"]].concat());
    println!(
        "2,000,000 events as fast as they go: {:8.0} events/s acknowledged",
        number(&report["counts"]["per_second"])
    );
    caught_up(strata);
    let seconds = began.elapsed().as_secs_f64();
    println!("  until all of it is in silver       {seconds:8.1} s, {:.0} events/s", 2e6 / seconds);
    println!("  CPU {:.1} s, memory {:.0} MB", cpu_seconds(up.pid()) - before, megabytes(strata));
}

/// Waits until bronze has what the log has, and silver what bronze has.
fn caught_up(strata: &Strata) {
    let waits = |service| figure(strata, service, "waiting") > 0.0;
    while waits("landing") || waits("refinery") || waits("online") {
        sleep(Duration::from_millis(100));
    }
}

fn figure(strata: &Strata, service: &str, name: &str) -> f64 {
    let (status, _) = strata.status(&[service]);
    let figures = status["services"][0]["figures"].as_array().cloned().unwrap_or_default();
    figures.iter().find(|figure| figure["name"] == name).map_or(0.0, |figure| number(&figure["value"]))
}

fn megabytes(strata: &Strata) -> f64 {
    number(&strata.status(&[]).0["memory_bytes"]) / 1e6
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// User and system time of a process, in seconds, by proc(5).
fn cpu_seconds(pid: u64) -> f64 {
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS
}
