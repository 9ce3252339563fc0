//! The same work by Strata and by others, in turn: runs `benches/peers/run.py` (files) or `benches/registry/run.py` (requests).
//! And by Strata alone on ten times as much: `benches/peers/growth.py`.

use std::env;
use std::process::Command;

use anyhow::Result;

use crate::{binary, places, process, setup};

/// With the words of that program: `silver`, `features` or `vectors`, `--size`, `--runs`, `--only`; or `registry` and its own.
pub(crate) fn run(words: &[&str]) -> Result<()> {
    let (python, script, words) = match words {
        // The peer is `MLflow`'s server, which has an environment of its own.
        ["registry", words @ ..] => (setup::mlflow()?, "benches/registry/run.py", words),
        ["growth", words @ ..] => (setup::run()?, "benches/peers/growth.py", words),
        words => (setup::run()?, "benches/peers/run.py", words),
    };
    let mut program = Command::new(python);
    program.arg(places::root().join(script)).args(words);
    // As the tests find it: what is named is taken as it is.
    if env::var_os("STRATA_BIN").is_none() {
        binary::build()?;
        program.env("STRATA_BIN", binary::path());
    }
    process::run(&mut program)
}
