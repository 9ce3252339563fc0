//! The running platform in numbers: how soon it is useful, how soon it is up again, what it holds when idle, how far silver is
//! behind at 20,000 events a second, and how fast it takes what comes as fast as it can. On free ports and a folder of its own.
//!
//! `cargo bench -p strata-e2e --bench live -- soak [SECONDS [RATE]]` shows instead what it holds over time: a line every ten
//! seconds under an even load, then idle, so that what grows is seen growing and what is given back is seen going.
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
    let words: Vec<String> = std::env::args().skip_while(|word| word != "soak").collect();
    if !words.is_empty() {
        let number = |at: usize, default| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(default);
        return soak(&strata, number(1, 300), number(2, 20_000));
    }
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

/// Even load for a while, then none: what the process holds, and the parts of it that are counted.
fn soak(strata: &Strata, seconds: u64, rate: u64) {
    const EVERY: Duration = Duration::from_secs(10);
    let up = strata.up(&["--empty", "--level", "2"]);
    assert_eq!(up.code, 0, "{}", up.said);
    let (count, pace) = ((rate * seconds).to_string(), rate.to_string());
    let arguments = ["generate", "--to", "kafka", "--rate", &pace, "--count", &count, "--patients", "2000"];
    let mut sending = strata.start(&[&arguments[..], &["--days", "90", "--seed", "7", "--json"]].concat());
    println!("{rate} events/s for {seconds} s");
    println!("seconds  stack MB  peak MB  landing MB  behind s  waiting  cores");
    let (began, mut idle, mut used) = (Instant::now(), 0, cpu_seconds(up.pid()));
    while idle < 3 {
        sleep(EVERY);
        idle += i32::from(sending.0.try_wait().unwrap().is_some());
        let (status, _) = strata.status(&[]);
        let services = status["services"].as_array().cloned().unwrap_or_default();
        let of = |name: &str| services.iter().find(|service| service["name"] == name).cloned().unwrap_or_default();
        let told = |service: &Value, name: &str| {
            let figures = service["figures"].as_array().cloned().unwrap_or_default();
            figures.iter().find(|figure| figure["name"] == name).map_or(0.0, |figure| number(&figure["value"]))
        };
        let (landing, refinery) = (of("landing"), of("refinery"));
        let waiting = told(&landing, "waiting") + told(&refinery, "waiting");
        let now = cpu_seconds(up.pid());
        println!(
            "{:>7.0} {:>9.0} {:>8.0} {:>11.1} {:>9.1} {waiting:>8.0} {:>6.2}",
            began.elapsed().as_secs_f64(),
            number(&status["memory_bytes"]) / 1e6,
            peak_megabytes(up.pid()),
            number(&landing["memory_bytes"]) / 1e6,
            told(&refinery, "behind"),
            (now - used) / EVERY.as_secs_f64(),
        );
        used = now;
    }
}

/// The most that a process ever held, by proc(5).
fn peak_megabytes(pid: u64) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e3
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
