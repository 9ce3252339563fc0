//! The same work by Strata, `DuckDB`, Polars and `PySpark` on the same files: runs `benches/peers/run.py`.

use std::env;
use std::process::Command;

use anyhow::Result;

use crate::{binary, places, process, setup};

/// With the words of that program: `silver` or `features`, `--size`, `--runs`, `--only`.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let python = setup::run()?;
    let mut program = Command::new(python);
    program.arg(places::root().join("benches/peers/run.py")).args(words);
    // As the tests find it: what is named is taken as it is.
    if env::var_os("STRATA_BIN").is_none() {
        binary::build()?;
        program.env("STRATA_BIN", binary::path());
    }
    process::run(&mut program)
}
