//! The whole path on real patients and on the synthetic hospital, as a user runs it: medians of three whole processes,
//! with the load of the machine beside them, since a busy machine says little.
#![expect(clippy::print_stdout, reason = "a bench talks to who runs it")]

use std::fs;

use serde_json::Value;
use strata_e2e::Strata;

const RUNS: usize = 3;

fn main() {
    let archive = strata_testkit::shared_data("physionet-2019-setA/training_setA.psv.tar.zst");
    if let Some(archive) = archive {
        measure("PhysioNet 2019, 20,336 stays", &["demo", "--from", "physionet-2019", &archive.to_string_lossy()]);
    }
    measure("synthetic hospital, 1,000 patients, 7 days", &["demo"]);
}

fn measure(what: &str, arguments: &[&str]) {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let Some(strata) = Strata::new() else { return };
        let before = load();
        let demo = strata.json(arguments);
        println!("{what}: {:.1} s, load before {before}", seconds(&demo));
        runs.push(demo);
    }
    runs.sort_by(|a, b| seconds(a).total_cmp(&seconds(b)));
    let median = &runs[RUNS / 2];
    println!("\n{what}, median of {RUNS}: {:.1} s, peak {} MB", seconds(median), megabytes(median));
    for stage in median["stages"].as_array().into_iter().flatten() {
        println!("  {:10} {:6.1} s  {}", text(stage, "name"), seconds(stage), text(stage, "what"));
    }
    for model in median["models"].as_array().into_iter().flatten() {
        let figure = |name: &str| model[name].as_f64().map_or("-".into(), |value| format!("{value:.4}"));
        let figures = ["auroc", "auprc", "ece", "utility"].map(|name| format!("{name} {}", figure(name)));
        println!("  {:20} {}", text(model, "name"), figures.join("  "));
    }
    println!();
}

fn seconds(value: &Value) -> f64 {
    value["seconds"].as_f64().unwrap_or(f64::NAN)
}

fn megabytes(demo: &Value) -> u64 {
    demo["peak_memory_bytes"].as_u64().unwrap_or(0) / 1_000_000
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}
