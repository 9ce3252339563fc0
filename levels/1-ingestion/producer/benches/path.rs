//! How fast events come from a source into bronze: producer, embedded log and landing, in one process as in `strata up`.
//!
//! Vitals of 300 bytes of a thousand patients. Each row is a process of its own, so that its time and its peak of memory are
//! its own; ten times the records show what grows. Below, production alone against a broker in another process, and with
//! `STRATA_PYTHON` set the same job by confluent-kafka. `cargo bench -p strata-producer [-- RECORDS]`.
#![expect(clippy::print_stdout, reason = "a bench talks to who runs it")]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_broker::client::{Options, ProducerSettings};
use strata_broker::embedded::{Broker, Settings as BrokerSettings};
use strata_landing::{Beginning, Landing, LiveSettings};
use strata_objects::Objects;
use strata_producer::{Counts, Production, Settings};
use strata_runtime::{Scope, clock, memory};
use strata_sources::{Availability, Record, Sink, Source, Summary};
use strata_types::{PatientId, Topic};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What this process is: `path`, `serve`; else who starts the others.
const ROLE: &str = "STRATA_BENCH_ROLE";
const LINE: usize = 300;
const PATIENTS: u64 = 1_000;
/// Clock ticks of proc(5) in a second, on every Linux that Strata runs on.
const TICKS: f64 = 100.0;

/// As `strata` has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome {
    let count = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    match std::env::var(ROLE).as_deref() {
        Ok("path") => path(count).await,
        Ok("serve") => serve().await,
        _ => all(count).await,
    }
}

async fn all(count: u64) -> Outcome {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("records of {LINE} bytes, load before {}", load.split(' ').next().unwrap_or("unknown"));
    println!("{:34} {:>10} {:>10} {:>10} {:>8} {:>8}", "", "records", "log/s", "bronze/s", "CPU s", "peak MB");
    for count in [count, 10 * count] {
        let mut row = Command::new(std::env::current_exe()?);
        let ended = row.env(ROLE, "path").arg(count.to_string()).status()?;
        if !ended.success() {
            return Err("the row before has failed".into());
        }
    }
    let served = Served::start()?;
    let before = cpu("self");
    let counts = produce(Options::new(served.address.clone()), count).await?;
    row("production alone", count, Some(counts.per_second), None, cpu("self") - before, peak());
    let Some(python) = std::env::var_os("STRATA_PYTHON") else {
        println!("confluent-kafka: left out, STRATA_PYTHON names no Python that has it");
        return Ok(());
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../e2e/python/bench_broker.py");
    let few = count / 5;
    let mut command = Command::new(python);
    command.arg(script).args([&served.address, "produced", "lz4", &few.to_string()]);
    let said = String::from_utf8(command.stdout(Stdio::piped()).output()?.stdout)?;
    let [seconds, used, peak] = said.split_whitespace().collect::<Vec<_>>()[..] else { return Err(said.into()) };
    row(
        "production alone, confluent-kafka",
        few,
        Some(few as f64 / seconds.parse::<f64>()?),
        None,
        used.parse()?,
        Some(peak.parse()?),
    );
    Ok(())
}

/// One row: everything in this process.
async fn path(count: u64) -> Outcome {
    let (log, bronze) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let held = Topic::EVENTS.iter().map(|topic| topic.name().to_owned()).collect();
    let settings = BrokerSettings { held, ..BrokerSettings::default() };
    let broker = Broker::open(log.path(), settings, Arc::new(clock::System))?;
    let scope = Scope::root("bench");
    let options = Options::new(broker.serve(&scope, TcpListener::bind("127.0.0.1:0").await?)?.to_string());
    for topic in Topic::EVENTS {
        broker.create_topic(topic.name(), None, strata_broker::embedded::TopicConfig::default()).await?;
    }
    let objects = Objects::directory(bronze.path())?;
    // As `strata up` sets it.
    let settings = LiveSettings {
        object_bytes: 4 << 20,
        open_bytes: 64 << 20,
        age: Duration::from_secs(2),
        beginning: Beginning::Whole,
    };
    let landing = Landing::new(objects, options.clone(), settings);
    let meter = landing.meter();
    let stop = scope.token();
    scope.spawn_service("land", async move {
        let release = |ends: &[(Topic, u8, u64)]| {
            for &(topic, partition, end) in ends {
                // What is not released stays on the disk, which costs this bench nothing.
                let _ = broker.release(topic.name(), i32::from(partition), end as i64);
            }
        };
        landing.run(&stop, &release).await
    });
    let (began, used) = (Instant::now(), cpu("self"));
    let counts = produce(options, count).await?;
    while meter.stats().records < count {
        if let Some(failure) = scope.failure() {
            return Err(failure.to_string().into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let bronze = count as f64 / began.elapsed().as_secs_f64();
    row("producer, log, bronze", count, Some(counts.per_second), Some(bronze), cpu("self") - used, peak());
    scope.close(Duration::from_secs(10)).await?;
    Ok(())
}

async fn produce(options: Options, count: u64) -> Outcome<Counts> {
    let settings = Settings { producer: ProducerSettings::default(), ..Settings::default() };
    let production = Production::new(Box::new(Monitors(count)), options, settings)?;
    let report = production.run(&CancellationToken::new()).await?;
    if report.counts.acknowledged == count { Ok(report.counts) } else { Err(format!("{report:?}").into()) }
}

async fn serve() -> Outcome {
    let folder = tempfile::tempdir()?;
    let broker = Broker::open(folder.path(), BrokerSettings::default(), Arc::new(clock::System))?;
    let address = broker.serve(&Scope::root("broker"), TcpListener::bind("127.0.0.1:0").await?)?;
    println!("{address}");
    // Until who started it has gone, so that its folder goes too.
    tokio::task::spawn_blocking(|| std::io::stdin().lines().next()).await?;
    Ok(())
}

fn row(what: &str, count: u64, log: Option<f64>, bronze: Option<f64>, cpu: f64, peak: Option<u64>) {
    let number = |number: Option<f64>| number.map_or_else(String::new, |number| format!("{number:.0}"));
    let (log, bronze, peak) = (number(log), number(bronze), number(peak.map(|peak| peak as f64)));
    println!("{what:34} {count:>10} {log:>10} {bronze:>10} {cpu:>8.2} {peak:>8}");
}

/// The most memory that this process has held, in MB.
fn peak() -> Option<u64> {
    memory::peak_bytes().map(|bytes| bytes / 1_000_000)
}

/// Seconds of processor that a process has used.
fn cpu(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// So many readings: as compressible as readings are, and cheap to make, because not the source is measured.
struct Monitors(u64);

impl Source for Monitors {
    fn log(&self) -> String {
        "monitors".into()
    }

    fn availability(&self) -> Availability {
        Availability::AtArrival
    }

    fn work(&self) -> Option<u64> {
        None
    }

    fn read(&mut self, sink: &mut dyn Sink) -> Result<Summary, strata_sources::Error> {
        let patients: Vec<PatientId> =
            (0..PATIENTS).map(|number| format!("P{number:06}").parse().expect("letters and digits")).collect();
        let mut line = Vec::with_capacity(LINE);
        for number in 0..self.0 {
            let patient_id = &patients[(number % PATIENTS) as usize];
            line.clear();
            let (rate, pressure) = (60 + number * 7_919 % 80, 90 + number * 104_729 % 70);
            let (hour, minute, second, micros) =
                (number / 3_600 % 24, number / 60 % 60, number % 60, number * 31 % 1_000_000);
            let id = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            write!(
                line,
                r#"{{"patient_id":"{patient_id}","timestamp":"2026-01-01T{hour:02}:{minute:02}:{second:02}.{micros:06}Z","source":"monitor-{}","heart_rate":{rate},"respiratory_rate":{},"spo2":{},"temperature":36.{},"blood_pressure_systolic":{pressure},"blood_pressure_diastolic":{},"trial_site":"site-A","event_id":"{id:016x}""#,
                number % 40,
                12 + number % 10,
                92 + number % 8,
                number % 10,
                pressure - 40,
            )
            .map_err(strata_sources::Error::Sink)?;
            line.resize(LINE - 1, b' ');
            line.push(b'}');
            sink.accept(Record { topic: Topic::Vitals, patient_id, arrived_at: None, line: &line })
                .map_err(strata_sources::Error::Sink)?;
        }
        Ok(Summary::default())
    }
}

/// A broker in a process of its own.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    fn start() -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.env(ROLE, "serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
        let address = lines.next().ok_or("the broker ended")??;
        Ok(Self { process, address })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Its end of the line is its word to end; that it has ended is waited for.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
