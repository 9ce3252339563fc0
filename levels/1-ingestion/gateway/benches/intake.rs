//! How many events a second come in over HTTP, are parsed, validated, stamped and appended to a file, durably.
//!
//! `cargo bench -p strata-gateway [-- EVENTS]`: NDJSON over loopback, 10,000 vital signs a request, four senders, two
//! threads for the gateway; senders and gateway are one process, so its CPU seconds and memory are those of both. It runs
//! with a tenth of the events first, each in a process of its own: the rate and the memory of the two say whether either grows.
#![expect(clippy::print_stdout, reason = "its numbers are its point")]

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use strata_audit::Audit;
use strata_gateway::{Config, Converted, Parts, build};
use strata_runtime::{Scope, clock, memory};

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/file_log.rs"]
mod file_log;

const SENDERS: u64 = 4;
const OF_A_REQUEST: u64 = 10_000;
/// Says that this process is one row.
const ROW: &str = "STRATA_BENCH_ROW";

fn main() {
    // `cargo test` asks benches whether they work; `cargo bench` adds its own flag.
    let events = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let events: u64 = match events {
        Some(events) => events,
        None if std::env::args().any(|argument| argument == "--bench") => 2_000_000,
        None => 100_000,
    };
    if std::env::var_os(ROW).is_some() {
        let (took, cpu) = measure(events);
        let rate = events as f64 / took.as_secs_f64();
        let peak = memory::peak_bytes().unwrap_or_default() as f64 / 1e6;
        println!("{events:<11} {rate:<11.0} {cpu:<7.2} {peak:.0} MB");
        return;
    }
    println!("events      events/s    CPU s   peak memory");
    for events in [events / 10, events] {
        let mut row = Command::new(std::env::current_exe().expect("this program has a file"));
        let ended = row.env(ROW, "1").arg(events.to_string()).status().expect("it starts again");
        assert!(ended.success(), "a row has failed");
    }
}

fn measure(events: u64) -> (Duration, f64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let inside = runtime.enter();
    let clock = Arc::new(clock::System);
    let audit = Audit::open(folder.path().join("audit"), Arc::<clock::System>::clone(&clock)).expect("an audit log");
    let log = Arc::new(file_log::FileLog::create(folder.path()));
    let convert = Arc::new(|_: &serde_json::Value| Vec::<Converted>::new());
    let config = Config::on_loopback(0, folder.path().join("data"));
    let gateway =
        build(&config, Parts { log, convert, audit, clock, pages: None, collectors: Vec::new() }).expect("a gateway");
    let (address, scope) = (gateway.local_addr(), Scope::root("bench"));
    let running = scope.clone();
    scope.spawn_service("gateway", async move { gateway.run(&running).await });
    drop(inside);

    let next = AtomicU64::new(0);
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    thread::scope(|threads| {
        for _ in 0..SENDERS {
            threads.spawn(|| {
                loop {
                    let from = next.fetch_add(OF_A_REQUEST, Ordering::Relaxed);
                    if from >= events {
                        return;
                    }
                    send(address, &body(from, OF_A_REQUEST.min(events - from)));
                }
            });
        }
    });
    let measured = (begun.elapsed(), cpu_seconds() - cpu);
    runtime.block_on(scope.close(Duration::from_secs(10))).expect("it ends");
    measured
}

/// Readings that are all different.
fn body(from: u64, number: u64) -> String {
    let mut text = String::with_capacity(number as usize * 220);
    for event in from..from + number {
        let (second, minute, hour, day) = (event % 60, event / 60 % 60, event / 3600 % 24, event / 86_400 % 28 + 1);
        writeln!(
            text,
            r#"{{"patient_id":"p{:06}","timestamp":"2026-03-{day:02}T{hour:02}:{minute:02}:{second:02}Z","source":"monitor-{}","heart_rate":{},"respiratory_rate":16,"spo2":97.5,"temperature":36.8,"blood_pressure_systolic":121,"blood_pressure_diastolic":79,"trial_site":"site-{}"}}"#,
            event % 1000,
            event % 7,
            60 + event % 40,
            event % 5,
        )
        .expect("a string takes everything");
    }
    text
}

fn send(to: SocketAddr, body: &str) {
    let mut stream = TcpStream::connect(to).expect("it listens");
    let head = format!(
        "POST /v1/events/patient-vitals HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    let all = format!("\"accepted\":{},\"duplicates\":0", body.lines().count());
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(&all), "{answer}");
}

/// The CPU time of this process, as proc(5) counts it: in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.rsplit(')').next().unwrap_or_default().split(' ').flat_map(str::parse).collect();
    // Its state, a letter, is left out by parsing: user and system time are the 11th and 12th numbers.
    fields.get(10..12).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}
