//! kill -9 at any moment: the same command carries on, and every record is counted once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::time::{Duration, Instant};

use strata_e2e::Strata;

const GENERATE: [&str; 5] = ["generate", "--patients", "150", "--days", "4"];

/// Kills the command once it has run for this long, unless it has ended.
fn kill_after(strata: &Strata, arguments: &[&str], patience: Duration) -> bool {
    let mut running = strata.start(arguments);
    let began = Instant::now();
    while began.elapsed() < patience {
        if running.0.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::yield_now();
    }
    running.0.kill().unwrap();
    running.0.wait().unwrap();
    true
}

fn rows(strata: &Strata) -> [i64; 6] {
    ["vitals", "labs", "medications", "adverse_events", "patients", "quarantine"].map(|table| {
        // A sum over hashes of the keys would hide nothing either, but a count and the sum of a column say what differs.
        strata.number(&format!("SELECT count(*) FROM {table}"))
    })
}

#[test]
fn killed_commands_lose_and_double_nothing() {
    let Some(calm) = Strata::new() else { return };
    let Some(shaken) = Strata::new() else { return };
    let began = Instant::now();
    let landed = calm.json(&GENERATE)["landed"].as_u64().unwrap();
    let generating = began.elapsed();
    let began = Instant::now();
    calm.json(&["refine", "--set", "processing.wave_bytes=400000"]);
    let refining = began.elapsed();

    let mut killed = 0;
    for part in 1..8 {
        killed += u32::from(kill_after(&shaken, &GENERATE, generating * part / 9));
    }
    let last = shaken.json(&GENERATE);
    assert_eq!(last["landed"].as_u64().unwrap() + last["already_there"].as_u64().unwrap(), landed);
    for part in 1..8 {
        let refine = ["refine", "--set", "processing.wave_bytes=400000"];
        killed += u32::from(kill_after(&shaken, &refine, refining * part / 9));
    }
    assert!(killed > 4, "the commands were killed {killed} times only: nothing was tested");
    shaken.json(&["refine"]);
    assert_eq!(rows(&shaken), rows(&calm));
    let sums = "SELECT CAST(sum(heart_rate * 1000 + quality_score) AS BIGINT) FROM vitals";
    assert_eq!(shaken.number(sums), calm.number(sums));
}

/// The disk was full, or the process was killed, between the folder of a table's log and its first commit.
#[test]
fn a_table_that_was_not_made_to_its_end_is_made() {
    let Some(strata) = Strata::new() else { return };
    let log = strata.folder().join("tables/patients/_delta_log");
    std::fs::create_dir_all(&log).unwrap();
    std::fs::write(log.join("00000000000000000000.json#1"), "{").unwrap();
    strata.json(&["generate", "--patients", "3", "--days", "1"]);
    assert!(!strata.run(&["query", "SHOW TABLES"]).contains("patients"));
    strata.json(&["refine"]);
    assert_eq!(strata.number("SELECT count(*) FROM patients"), 3);
}
