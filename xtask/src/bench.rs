//! Runs the benches: release profile, one after another, on a machine that should do nothing else.

use anyhow::Result;

use crate::process;

/// Runs all benches, or those with these names.
pub(crate) fn run(names: &[&str]) -> Result<()> {
    let mut cargo = process::cargo(["bench", "--workspace"]);
    for name in if names.is_empty() { &["*"] } else { names } {
        cargo.args(["--bench", name]);
    }
    process::run(&mut cargo)
}
