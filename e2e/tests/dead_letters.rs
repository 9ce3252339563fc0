//! What cannot become rows: listed with reasons, shown as it came, and tried again.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use strata_e2e::{Strata, Up};

const WAITING: &str = r#"{"patient_id":"p1","timestamp":"2026-01-02T00:00:00Z","source":"bed","heart_rate":80}"#;

/// Sends records to the log as any Kafka client does; `None` where there is no client.
fn produce(up: &Up<'_>, topic: &str, records: &[&[u8]]) -> Option<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/produce.py");
    let log = up.url("log");
    let mut command = Command::new(strata_testkit::python()?);
    command.arg(script).args([log.strip_prefix("kafka://").unwrap(), topic]).stdin(Stdio::piped());
    let mut client = command.spawn().unwrap();
    let mut stdin = client.stdin.take().unwrap();
    for record in records {
        write!(stdin, "p1 ").unwrap();
        record.iter().for_each(|byte| write!(stdin, "{byte:02x}").unwrap());
        writeln!(stdin).unwrap();
    }
    drop(stdin);
    assert!(client.wait().unwrap().success());
    Some(())
}

fn letters(strata: &Strata, arguments: &[&str]) -> Vec<Value> {
    strata.json(&[&["dlq", "list"], arguments].concat())["letters"].as_array().unwrap().clone()
}

/// Faults 17, 26: what was refused went to the console or nowhere; no queue, no reason, no count, and no way back.
#[test]
fn dead_letters_are_listed_shown_and_replayed() {
    let Some(strata) = Strata::new() else { return };
    assert!(strata.run(&["dlq", "list"]).contains("no dead letters"));
    let strict = ["--set", "processing.require_enrolment=true"];
    let up = strata.up(&[&["--empty", "--level", "2"], &strict[..]].concat());
    let came: [&[u8]; 4] = [b"no record", &[0xff, 0x00, b'\n', 0xfe], b"{\"patient_id\": \"p1\"}", WAITING.as_bytes()];
    if produce(&up, "patient-vitals", &came).is_none() {
        return;
    }
    drop(up);
    strata.json(&[&["refine"], &strict[..]].concat());

    let list = strata.json(&["dlq", "list"]);
    let counted: u64 = list["rules"].as_array().unwrap().iter().map(|rule| rule["count"].as_u64().unwrap()).sum();
    assert_eq!((counted, list["letters"].as_array().unwrap().len()), (4, 4), "{list}");
    assert!(list["letters"].as_array().unwrap().iter().all(|letter| !letter["reason"].as_str().unwrap().is_empty()));
    let text = strata.run(&["dlq", "list"]);
    for letter in list["letters"].as_array().unwrap() {
        let place = letter["place"].as_str().unwrap();
        assert!(text.contains(place), "{text}");
        let offset: usize = place.rsplit('/').next().unwrap().parse().unwrap();
        let shown = strata.output(&["dlq", "show", place, "--raw"]);
        assert_eq!(shown.stdout, came[offset], "{place}");
        assert!(strata.run(&["dlq", "show", place]).contains(letter["rule"].as_str().unwrap()));
    }
    let waiting = letters(&strata, &["--topic", "patient-vitals", "--rule", "unknown_patient", "--since", "1h"]);
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!(letters(&strata, &["--topic", "lab-results"]).len(), 0);
    assert_eq!(letters(&strata, &["--limit", "2"]).len(), 2);
    for wrong in ["patient-vitals/live/0", "patient-vitals/live/0/999999"] {
        let error = strata.output(&["dlq", "show", wrong]);
        assert!(!error.status.success(), "{wrong}");
    }

    // By the same rules nothing changes; by others, one of them is a row, once.
    let replay = |arguments: &[&str]| {
        let replayed = strata.json(&[&["dlq", "replay"], arguments].concat());
        (replayed["tried"].as_u64().unwrap(), replayed["in_silver"].as_u64().unwrap())
    };
    assert_eq!(replay(&strict), (4, 0));
    assert_eq!(strata.number("SELECT count(*) FROM quarantine"), 4);
    assert_eq!(replay(&["--rule", "malformed"]).1, 0);
    assert_eq!(replay(&[waiting[0]["place"].as_str().unwrap()]), (1, 1));
    assert_eq!(strata.number("SELECT count(*) FROM vitals WHERE patient_id = 'p1' AND heart_rate = 80"), 1);
    assert_eq!(replay(&[]), (3, 0));
    assert_eq!(strata.number("SELECT count(*) FROM vitals"), 1);
    assert_eq!(strata.number("SELECT count(*) FROM quarantine"), 3);
    assert!(strata.run(&["audit", "show", "--what", "dlq replay"]).contains("dlq replay"));
}

/// A running stack holds silver: it lets go, and goes on.
#[test]
fn a_running_stack_lets_silver_go_meanwhile() {
    let Some(strata) = Strata::new() else { return };
    let up = strata.up(&["--empty", "--level", "2"]);
    let replayed = strata.json(&["dlq", "replay"]);
    assert_eq!(replayed["tried"], 0, "{replayed}");
    let (status, code) = strata.status(&["refinery"]);
    assert_eq!(code, 0, "{status}");
    assert_eq!(status["pid"].as_u64(), Some(up.pid()));
}
