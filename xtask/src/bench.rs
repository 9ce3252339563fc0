//! Runs the benches: release profile, one after another, on a machine that should do nothing else.

use anyhow::Result;

use crate::{binary, process};

/// Runs all benches, or those with these names.
pub(crate) fn run(names: &[&str]) -> Result<()> {
    binary::build()?;
    let mut cargo = process::cargo(["bench", "--package", "strata-e2e"]);
    cargo.env("STRATA_BIN", binary::path());
    for name in if names.is_empty() { &["*"] } else { names } {
        cargo.args(["--bench", name]);
    }
    process::run(&mut cargo)
}
