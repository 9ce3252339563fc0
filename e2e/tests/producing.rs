//! The synthetic hospital as live data: every record is somewhere, at the pace that was asked for.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;
use strata_e2e::Strata;

/// Records by what became of them, of all topics: in bronze, rows, refused, superseded.
fn fates(strata: &Strata) -> [u64; 4] {
    let refined = strata.json(&["refine"]);
    let tables = refined["quality"]["tables"].as_array().unwrap().clone();
    ["records", "rows", "refused", "superseded"]
        .map(|fate| tables.iter().map(|table| table[fate].as_u64().unwrap()).sum())
}

/// Faults 15, 18, 20: the promised rate was never reached, no message had a key or a duplicate, and what was sent was not
/// what reached the lake.
#[test]
fn what_is_sent_is_all_accounted_for() {
    let Some(strata) = Strata::new() else { return };
    let up = strata.up(&["--empty", "--level", "2"]);
    let report = strata.json(&["generate", "--to", "kafka", "--rate", "5000", "--count", "20000"]);
    let counts = &report["counts"];
    assert_eq!((&report["ended"], &counts["acknowledged"]), (&"count".into(), &20_000.into()), "{report}");
    assert!(counts["per_second"].as_f64().unwrap() <= 5_000.0 * 1.05, "{report}");
    eprintln!("{counts}");
    drop(up);
    let [records, rows, refused, superseded] = fates(&strata);
    assert_eq!((records, rows + refused + superseded), (20_000, 20_000));
    assert!(rows > 10_000 && superseded > 0 && refused > 0, "{rows} {refused} {superseded}");
    let listed = strata.json(&["dlq", "list"]);
    assert!(!listed["rules"].as_array().unwrap().is_empty(), "what the hospital garbles is listed: {listed}");
}

#[test]
fn a_history_happens_now_and_is_ended_by_a_word() {
    let Some(strata) = Strata::new() else { return };
    let up = strata.up(&["--empty", "--level", "2"]);
    let report = strata.json(&["generate", "--to", "kafka", "--days", "2", "--now", "--count", "2000"]);
    assert_eq!(report["counts"]["acknowledged"], 2_000, "{report}");

    let mut command = strata.command(&["generate", "--to", "kafka", "--rate", "100", "--seed", "7", "--json"]);
    let mut running = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(running.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("sending to 127.0.0.1:"), "{line}");
    let killed = std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut report = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut report).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert_eq!((&report["ended"], &report["counts"]["failed"]), (&"stopped".into(), &0.into()), "{report}");
    let stopped = report["counts"]["acknowledged"].as_u64().unwrap();
    assert_eq!(report["counts"]["sent"], stopped);
    drop(up);

    assert_eq!(fates(&strata)[0], 2_000 + stopped);
    assert_eq!(strata.number("SELECT count(*) FROM quarantine WHERE rule = 'future_timestamp'"), 0);
    let old = "timestamp < ingested_at - INTERVAL '4 days'";
    let new = "SELECT count(*) FROM vitals WHERE NOT";
    assert!(strata.number(&format!("{new} ({old})")) > 500, "the first history is of these days");

    let refused = strata.refused(&["generate", "--rate", "5"], 64);
    assert!(refused.contains("--to"), "{refused}");
    let refused = strata.refused(&["generate", "--to", "pulsar"], 1);
    assert!(refused.contains("--to kafka"), "{refused}");
}
