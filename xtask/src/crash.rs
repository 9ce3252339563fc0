//! Crashes the binary under load and counts what it had acknowledged: runs the program `crash` of `e2e`.

use std::env;

use anyhow::Result;

use crate::{binary, process, setup};

/// With these words of the program: `--kills N`, `--seed S`, `--only KIND`.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let mut program =
        process::cargo(["run", "--release", "--quiet", "--package", "strata-e2e", "--bin", "crash", "--"]);
    program.args(words);
    // As the tests find them: what is named is taken as it is.
    if env::var_os("STRATA_BIN").is_none() {
        binary::build()?;
        program.env("STRATA_BIN", binary::path());
    }
    if env::var_os("STRATA_PYTHON").is_none() {
        match setup::run() {
            Ok(python) => _ = program.env("STRATA_PYTHON", python),
            Err(error) => eprintln!("setup: {error:#}"),
        }
    }
    process::run(&mut program)
}
