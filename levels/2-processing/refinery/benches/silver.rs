//! How far silver is behind a log of 20,480 readings a second (1,024 patients), and how fast one run refines what lies there.
//!
//! `cargo bench -p strata-refinery [-- SECONDS [LATE [RATE]]]`: SECONDS of log (120), RATE readings a patient and second (20),
//! of which LATE in a thousand (10) arrive five minutes after they happened. The log's seconds are simulated: a pass begins when a second of log has landed
//! and the pass before has ended, takes what has landed by then, and lasts as long as it really lasts. Behind is the age of
//! the oldest record of a pass at its end, with the second in which it waited for its object. Landing is not measured.
#![expect(clippy::print_stdout, reason = "its numbers are its point")]

use std::path::Path;
use std::time::Instant;

use strata_lakehouse::Lakehouse;
use strata_landing::{Availability, Bronze, LIVE, open};
use strata_objects::Objects;
use strata_refinery::{OnInvalid, Refinery, Settings, VITALS};
use strata_runtime::memory::{current_bytes, peak_bytes};
use strata_types::{PARTITIONS, PatientId, Timestamp, Topic};

/// As the command has it: memory is measured too.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const SECOND: i64 = 1_000_000;
const START: i64 = 1_767_268_800_000_000; // 2026-01-01T12:00:00Z
const OF_A_PARTITION: usize = 64;
/// Bytes of a line: all are as long, so that an object is a second.
const LINE: usize = 200;

fn main() {
    // `cargo test` asks benches whether they work; `cargo bench` adds its own flag.
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let seconds = numbers.next().unwrap_or(if is_bench { 120 } else { 3 });
    let load = Load { seconds, late: numbers.next().unwrap_or(10), rate: numbers.next().unwrap_or(20) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(follow(load));
    runtime.block_on(run(Load { seconds: (seconds / 4).max(1), ..load }));
}

/// What is on the log.
#[derive(Clone, Copy)]
struct Load {
    seconds: i64,
    late: i64,
    rate: i64,
}

impl Load {
    /// Readings of one partition in a second.
    fn of_object(self) -> i64 {
        OF_A_PARTITION as i64 * self.rate
    }
}

async fn follow(load: Load) {
    let seconds = load.seconds;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut follower = refinery(folder.path(), 512 << 20).follow();
    follower.pass(&[], Timestamp(START)).await.expect("nothing is refined");
    land(folder.path(), LIVE, load).await;
    println!("second      behind mean   behind most   CPU s   memory   files of the day");
    let (mut now, mut done, mut behind) = (0.0_f64, 0, Vec::new());
    let (mut cpu, mut said) = (cpu_seconds(), 0);
    while done < seconds {
        now = now.max((done + 1) as f64);
        let landed = (now as i64).min(seconds);
        let ends: Vec<_> =
            (0..PARTITIONS).map(|partition| (Topic::Vitals, partition, (landed * load.of_object()) as u64)).collect();
        let begun = Instant::now();
        let pass = follower.pass(&ends, Timestamp(START + landed * SECOND)).await.expect("a pass");
        assert_eq!(pass.waiting, 0);
        now += begun.elapsed().as_secs_f64();
        behind.push(now - done as f64);
        done = landed;
        if done - said >= (seconds / 6).max(1) || done == seconds {
            let table =
                lakehouse(folder.path()).existing(&VITALS).await.expect("a table").expect("the table of vitals");
            let (mean, most) =
                (behind.iter().sum::<f64>() / behind.len() as f64, behind.iter().copied().fold(0.0, f64::max));
            let memory = current_bytes().unwrap_or_default() as f64 / 1e6;
            let (spent, files) = (cpu_seconds() - cpu, table.files().len());
            println!("{done:<11} {mean:<13.2} {most:<13.2} {spent:<7.1} {memory:<5.0} MB {files}");
            (cpu, said) = (cpu_seconds(), done);
            behind.clear();
        }
    }
    let rows = lakehouse(folder.path()).existing(&VITALS).await.expect("a table").map_or(0, |table| table.rows());
    assert_eq!(rows, (seconds * i64::from(PARTITIONS) * load.of_object()) as u64);
    println!("peak memory {:.0} MB", peak_bytes().unwrap_or_default() as f64 / 1e6);
}

async fn run(load: Load) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    land(folder.path(), "import", load).await;
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let refined = refinery(folder.path(), 32 << 20).run(Timestamp(START), &mut |_| {}).await.expect("a run");
    let (took, spent) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let records: u64 = refined.iter().map(|refined| refined.records).sum();
    let table = lakehouse(folder.path()).existing(&VITALS).await.expect("a table").expect("the table of vitals");
    let (rate, files) = (records as f64 / took, table.files().len());
    println!(
        "one run over {records} records in waves of 32 MiB: {took:.2} s, {spent:.2} CPU s, {rate:.0}/s, {files} files"
    );
}

fn lakehouse(root: &Path) -> Lakehouse {
    Lakehouse::open(&root.join("tables"), Vec::new()).expect("a lakehouse")
}

fn refinery(root: &Path, wave_bytes: u64) -> Refinery {
    let bronze = Bronze::new(Objects::directory(root).expect("objects"));
    let settings = Settings { on_invalid: OnInvalid::Cell, require_enrolment: false, wave_bytes };
    Refinery::new(bronze, lakehouse(root), settings)
}

/// As many patients in every partition.
fn patients() -> Vec<PatientId> {
    let mut of_partition = [0; PARTITIONS as usize];
    let ids = (0..).map(|number| format!("p{number:06}").parse::<PatientId>().expect("an id"));
    let fits = ids.filter(move |id| {
        let count = &mut of_partition[usize::from(id.partition())];
        *count += 1;
        *count <= OF_A_PARTITION
    });
    fits.take(OF_A_PARTITION * usize::from(PARTITIONS)).collect()
}

async fn land(root: &Path, log: &str, load: Load) {
    let objects = Objects::directory(root).expect("objects");
    let object_bytes = load.of_object() as usize * LINE;
    let opened = open(objects, log, Availability::AtArrival, Timestamp(START), object_bytes).await;
    let (mut writer, flusher) = opened.expect("a log");
    let append = tokio::task::spawn_blocking(move || {
        let patients = patients();
        for second in 0..load.seconds {
            for reading in 0..load.rate {
                for (number, patient) in patients.iter().enumerate() {
                    let time = START + second * SECOND + reading * 50_000 + number as i64;
                    // Late ones lie half-way between two readings: no other has their time.
                    let is_late = (second * 7 + reading * 131 + number as i64 * 17) % 1_000 < load.late;
                    let time = Timestamp(if is_late { time - 300 * SECOND + 25_000 } else { time });
                    let rate = 60 + (second + number as i64) % 40;
                    let line = format!(
                        r#"{{"patient_id":"{}","timestamp":"{}","source":"monitor-{}","heart_rate":{rate},"respiratory_rate":16,"spo2":97.5,"temperature":36.8,"blood_pressure_systolic":121"#,
                        patient.as_str(),
                        time,
                        number % 7,
                    );
                    let line = format!("{line}{:width$}}}", "", width = (LINE - 2).saturating_sub(line.len()));
                    debug_assert_eq!(line.len() + 1, LINE);
                    writer
                        .append(Topic::Vitals, patient, Some(Timestamp(START + (second + 1) * SECOND)), line.as_bytes())
                        .expect("it lands");
                }
            }
        }
        writer.finish().expect("it ends");
    });
    let (appended, flushed) = tokio::join!(append, flusher.run());
    appended.expect("it lands");
    flushed.expect("it is put");
}

/// The CPU time of this process, as proc(5) counts it: in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.rsplit(')').next().unwrap_or_default().split(' ').flat_map(str::parse).collect();
    // Its state, a letter, is left out by parsing: user and system time are the 11th and 12th numbers.
    fields.get(10..12).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}
