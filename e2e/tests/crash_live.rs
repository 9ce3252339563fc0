//! The crash program, with few blows: a live stack under load, struck in every way that this machine allows.

use std::process::Command;

/// Faults 14, 17, 26: what had been acknowledged was lost at a crash; what was refused was nowhere. `cargo xtask crash` is the
/// same with more blows and another seed.
#[test]
fn what_was_acknowledged_is_there_once_whatever_was_done_to_the_stack() {
    if strata_testkit::strata_binary().is_none() {
        return;
    }
    let program = Command::new(env!("CARGO_BIN_EXE_crash")).args(["--kills", "6", "--seed", "1"]).output().unwrap();
    let (said, error) = (String::from_utf8_lossy(&program.stdout), String::from_utf8_lossy(&program.stderr));
    println!("{said}{error}");
    assert!(program.status.success() && said.contains("every count holds, seed 1"), "{}", program.status);
}
