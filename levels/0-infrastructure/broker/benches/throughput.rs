//! How fast the log is: records of 280 bytes, acknowledged when they are on the disk, none written twice.
//!
//! The broker runs in a process of its own, so that its time and memory are its own. With `STRATA_PYTHON` set, confluent-kafka
//! does the same job against the same broker. `cargo bench -p strata-broker [-- RECORDS]`; a busy machine says little.
#![expect(clippy::print_stdout, reason = "a bench talks to who runs it")]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_broker::client::{Consumer, ConsumerSettings, Options, Producer, ProducerSettings, Start};
use strata_broker::embedded::{Broker, Settings};
use strata_runtime::{Scope, clock, memory};
use tokio::net::TcpListener;

const SERVE: &str = "STRATA_BENCH_SERVE";
const RECORD: usize = 280;
const PARTITIONS: i32 = 16;
/// Clock ticks of proc(5) in a second, on every Linux that Strata runs on.
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    if let Some(folder) = std::env::var_os(SERVE) {
        return serve(Path::new(&folder)).await;
    }
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(3_000_000);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{count} records of {RECORD} bytes, load before {}", load.split(' ').next().unwrap_or("unknown"));
    println!(
        "{:34} {:>12} {:>10} {:>12} {:>12} {:>12}",
        "", "records/s", "seconds", "client CPU s", "broker CPU s", "broker MB"
    );
    for compression in ["lz4", "none"] {
        let folder = tempfile::tempdir()?;
        let served = Served::start(folder.path())?;
        let options = Options::new(served.address.clone());
        measure(&format!("produced, rdkafka, {compression}"), &served, count, produce(&options, compression, count))
            .await?;
        measure(&format!("consumed, rdkafka, {compression}"), &served, count, consume(&options, count)).await?;
        if let Some(python) = std::env::var_os("STRATA_PYTHON") {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../e2e/python/bench_broker.py");
            let few = count / 5;
            for job in ["produced", "consumed"] {
                let mut command = Command::new(&python);
                command.arg(&script).args([&served.address, job, compression, &few.to_string()]).stdout(Stdio::piped());
                let before = served.cpu();
                let output = command.output()?;
                let said = String::from_utf8(output.stdout)?;
                let [seconds, cpu, _] = said.split_whitespace().collect::<Vec<_>>()[..] else {
                    return Err(said.into());
                };
                let name = format!("{job}, confluent-kafka, {compression}");
                row(&name, few, seconds.parse()?, cpu.parse()?, served.cpu() - before, served.peak());
            }
        }
    }
    println!("peak memory of this process, as client: {} MB", memory::peak_bytes().unwrap_or(0) / 1_000_000);
    Ok(())
}

async fn produce(options: &Options, compression: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let settings = ProducerSettings { compression: compression.to_owned(), ..ProducerSettings::default() };
    let producer = Producer::new(options, &settings)?;
    for number in 0..count {
        let key = format!("P{:06}", number % 1000);
        producer.post("vitals", Some(key.as_bytes()), &payload(number)).await?;
    }
    let tally = producer.flush().await;
    if tally.delivered == count as u64 { Ok(()) } else { Err(format!("{tally:?}").into()) }
}

async fn consume(options: &Options, count: usize) -> Result<(), Box<dyn Error>> {
    let starts: Vec<_> = (0..PARTITIONS).map(|partition| ("vitals", partition, Start::Earliest)).collect();
    let consumer = Consumer::assign(options, &ConsumerSettings::default(), &starts)?;
    let (mut taken, mut bytes) = (0, 0);
    while taken < count {
        taken += consumer
            .take(10_000, Duration::from_secs(30), |record| bytes += record.payload.map_or(0, <[u8]>::len))
            .await?;
    }
    if bytes == count * RECORD { Ok(()) } else { Err(format!("{bytes} bytes").into()) }
}

/// A record as a monitor sends it: as compressible as readings are.
fn payload(number: usize) -> Vec<u8> {
    let (rate, pressure) = (60 + number * 7919 % 80, 90 + number * 104_729 % 70);
    let text = format!(
        r#"{{"patient_id":"P{:06}","timestamp":"2026-01-01T{:02}:{:02}:{:02}.{:06}Z","source":"monitor-{}","heart_rate":{rate},"#,
        number % 1000,
        number / 3600 % 24,
        number / 60 % 60,
        number % 60,
        number * 31 % 1_000_000,
        number % 40,
    );
    let mut bytes = format!(r#"{text}"blood_pressure_systolic":{pressure},"event_id":"{:016x}""#, number * 0x9E37_79B9)
        .into_bytes();
    bytes.resize(RECORD - 1, b' ');
    bytes.push(b'}');
    bytes
}

async fn measure(
    what: &str,
    served: &Served,
    count: usize,
    job: impl Future<Output = Result<(), Box<dyn Error>>>,
) -> Result<(), Box<dyn Error>> {
    let (broker, client, began) = (served.cpu(), cpu("self"), Instant::now());
    job.await?;
    row(what, count, began.elapsed().as_secs_f64(), cpu("self") - client, served.cpu() - broker, served.peak());
    Ok(())
}

fn row(what: &str, count: usize, seconds: f64, client: f64, broker: f64, peak: u64) {
    let rate = count as f64 / seconds;
    println!("{what:34} {rate:>12.0} {seconds:>10.2} {client:>12.2} {broker:>12.2} {peak:>12}");
}

/// Seconds of processor that a process has used.
fn cpu(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

async fn serve(folder: &Path) -> Result<(), Box<dyn Error>> {
    let broker = Broker::open(folder, Settings::default(), Arc::new(clock::System))?;
    let address = broker.serve(&Scope::root("broker"), TcpListener::bind("127.0.0.1:0").await?)?;
    println!("serving {address}");
    std::future::pending().await
}

/// The broker's process.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn start(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut process = Command::new(std::env::current_exe()?).env(SERVE, folder).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let address = lines.next().ok_or("the broker ended")??.trim_start_matches("serving ").to_owned();
        Ok(Self { process, address })
    }

    fn cpu(&self) -> f64 {
        cpu(&self.process.id().to_string())
    }

    /// The most memory that it ever held, in MB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024 / 1_000_000
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Nothing is to be kept.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
