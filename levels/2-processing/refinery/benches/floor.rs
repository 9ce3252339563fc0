//! What refining a folder costs, beside the least that it could cost: one pass of the parser and the Parquet writer.
//!
//! `cargo bench -p strata-refinery --bench floor -- RAW [THREADS [RUNS]]`: RAW is a folder of NDJSON, such as `generate.py`
//! of the peer benchmark makes. Without it, a small made-up one shows that it works. Both are run in turn.
#![expect(clippy::print_stdout, reason = "its numbers are its point")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use strata_refinery::{FolderJob, OnInvalid, folder_floor, refine_folder};
use strata_runtime::memory::peak_bytes;

/// As the command has it: memory is measured too.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let raw = words.next().map_or_else(|| made_up(folder.path()), PathBuf::from);
    let mut numbers = words.filter_map(|word| word.parse().ok());
    let (threads, runs) = (numbers.next().unwrap_or(2), numbers.next().unwrap_or(3));
    println!("{:<8} {:>8} {:>8} {:>14}  rows", "", "wall s", "CPU s", "peak memory");
    for run in 0..runs {
        let to = |what: &str| folder.path().join(format!("{what}-{run}"));
        measured("floor", || folder_floor(&raw, &to("floor"), threads).expect("the floor"));
        let job = FolderJob {
            from: raw.clone(),
            to: to("refined"),
            on_invalid: OnInvalid::Row,
            threads,
            memory_bytes: 384 << 20,
        };
        measured("refine", || refine_folder(&job, &|_| {}).expect("it is refined").written);
        for what in ["floor", "refined"] {
            std::fs::remove_dir_all(to(what)).expect("it goes");
        }
    }
}

fn measured(what: &str, work: impl FnOnce() -> u64) {
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let rows = work();
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    // The peak is the process's: of the floor in its first line, of both from then on.
    let memory = peak_bytes().unwrap_or_default() as f64 / 1e6;
    println!("{what:<8} {wall:>8.2} {cpu:>8.2} {memory:>11.0} MB  {rows}");
}

fn made_up(folder: &Path) -> PathBuf {
    let raw = folder.join("raw");
    std::fs::create_dir(&raw).expect("a folder");
    let line = |number: u32| {
        format!(
            r#"{{"event_id":"ee66b6e1-83a0-4f0e-8d6d-75dd9bd4{:04x}","patient_id":"P{:03}","timestamp":"2026-03-01T12:{:02}:00Z","source":"m","heart_rate":{}}}"#,
            number % 0xffff,
            number % 100,
            number / 100 % 60,
            60 + number % 40
        )
    };
    let lines: Vec<String> = (0..6_000).map(line).collect();
    std::fs::write(raw.join("x.json"), lines.join("\n")).expect("it is written");
    raw
}

/// The CPU time of this process, as proc(5) counts it: in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat.rsplit(')').next().unwrap_or_default().split(' ').flat_map(str::parse).collect();
    fields.get(10..12).map_or(0.0, |times| times.iter().sum::<f64>() / 100.0)
}
