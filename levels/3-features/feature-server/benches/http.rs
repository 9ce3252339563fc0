//! Vectors over HTTP on the loopback: 120 features of one random patient, at 2,000 requests a second for 20 s from a client
//! that is a process of its own. `cargo bench -p strata-feature-server --bench http -- [PATIENTS] [REQUESTS PER SECOND]`
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured, and fails by panicking"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_feature_server::{Config, MaxAges, Parts, Ready, build};
use strata_features::Vitals;
use strata_features::sign::{DBP, HR, RR, SBP, SPO2, TEMP};
use strata_key_value::Embedded;
use strata_online_store::{Change, Limits, OnlineStore, Rank, Recent, What};
use strata_runtime::{Scope, clock, memory};
use strata_types::{HOUR, PatientId, Timestamp};

// As in the binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// 2026-03-01T12:00:00Z.
const NOON: i64 = 1_772_366_400_000_000;
const SECONDS: u64 = 20;
const CONNECTIONS: u64 = 8;

struct Always;

impl Ready for Always {
    fn why_not(&self) -> Option<String> {
        None
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let number = |at: usize, or: u64| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(or);
    if words.first().is_some_and(|word| word == "client") {
        return client(words[1].parse().unwrap(), number(2, 0), number(3, 0));
    }
    let (patients, rate) = (number(0, 100_000), number(1, 2_000));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let below = Embedded::open(folder.path(), Arc::new(clock::System)).unwrap();
    let store = OnlineStore::new(Arc::new(below), Limits { lateness: 24 * HOUR }, false);
    let kinds: Vec<Recent> = (0..50).map(patient).collect();
    for from in (0..patients).step_by(10_000) {
        let some = (from..(from + 10_000).min(patients)).map(|n| (id(n), kinds[(n % 50) as usize].clone()));
        runtime.block_on(store.fill(some.collect())).unwrap();
    }
    let config = Config { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0, max_ages: MaxAges::default() };
    let parts = Parts { store, ready: Arc::new(Always), clock: Arc::new(clock::Fixed::at(NOON)) };
    let server = build(&config, parts).unwrap();
    let (address, scope) = (server.local_addr(), Scope::root("bench"));
    let inner = scope.clone();
    let entered = runtime.enter();
    scope.spawn_service("server", async move { server.run(&inner).await });
    drop(entered);

    let before = cpu_seconds();
    let arguments = ["client".to_owned(), address.to_string(), patients.to_string(), rate.to_string()];
    let told = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
    print!("{}", String::from_utf8_lossy(&told.stdout));
    let cpu = (cpu_seconds() - before) * 1e6 / (rate * SECONDS) as f64;
    println!(
        "the server: CPU {cpu:.0} us a request, memory {:.0} MB",
        memory::current_bytes().unwrap_or(0) as f64 / 1e6
    );
}

/// A patient who is charted hourly.
fn patient(number: u64) -> Recent {
    let mut recent = Recent::default();
    for hour in 0..48 {
        let time = Timestamp(NOON - (47 - hour) * HOUR);
        let mut row = Vitals::at(time);
        for (sign, value) in [(HR, 80.0), (RR, 16.0), (SPO2, 96.0), (TEMP, 37.0), (SBP, 120.0), (DBP, 75.0)] {
            row.signs[sign] = value + ((hour as u64 * 7 + number) % 5) as f64;
        }
        row.quality = 1.0;
        let rank = Rank { ingested_at: time, tie: None };
        recent.apply(Change { time, name: "bed".into(), rank, what: What::Vitals(Some(row)) });
    }
    recent.settle(Limits { lateness: 24 * HOUR });
    recent
}

fn id(number: u64) -> PatientId {
    format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).parse().unwrap()
}

/// Asks at its pace, on connections that stay, and tells how long answers took since they were due.
fn client(address: SocketAddr, patients: u64, rate: u64) {
    let asking = (0..CONNECTIONS).map(|connection| {
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_nodelay(true).unwrap();
            let mut answers = BufReader::new(stream.try_clone().unwrap());
            let every = Duration::from_nanos(1_000_000_000 * CONNECTIONS / rate);
            let begun = Instant::now() + every * connection as u32 / CONNECTIONS as u32;
            let mut took = Vec::new();
            for number in 0..rate * SECONDS / CONNECTIONS {
                let due = begun + every * number as u32;
                // Who is late because the answer before was late has waited since it was due.
                let late = Instant::now() > due;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                let patient = id((number * CONNECTIONS + connection).wrapping_mul(7_919) % patients);
                let body =
                    format!(r#"{{"feature_service":"patient_features","entities":{{"patient_id":["{patient}"]}}}}"#);
                let head =
                    "POST /get-online-features HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
                let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                let sent = if late { due } else { Instant::now() };
                stream.write_all(request.as_bytes()).unwrap();
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    answers.read_line(&mut line).unwrap();
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                        length = value.trim().parse().unwrap();
                    }
                    if line == "\r\n" {
                        break;
                    }
                }
                let mut body = vec![0; length];
                answers.read_exact(&mut body).unwrap();
                took.push(sent.elapsed());
                assert!(length > 5_000, "it is an answer");
            }
            took
        })
    });
    let asking: Vec<_> = asking.collect();
    let mut took: Vec<Duration> = asking.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    took.sort_unstable();
    let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!("120 features of a random patient of {patients}, {rate} requests/s, {} answers:", took.len());
    println!("  p50 {:.0} us, p99 {:.0} us, p99.9 {:.0} us", at(0.5), at(0.99), at(0.999));
}

/// User and system time of this process, in seconds, by proc(5).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
