//! The project's own chores, as code: `cargo xtask test | setup | contracts | bench | peers | conformance | fuzz | crash`.
//!
//! What a chore needs it installs itself, and says so: a fresh machine that has what the README's
//! prerequisites name runs everything with one command.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "chores talk to who runs them")]

use std::process::ExitCode;

use anyhow::{Result, bail};

mod test;

mod setup;

mod contracts;

mod bench;

mod peers;

mod conformance;

mod crash;

mod fuzz;

mod binary;

mod places;

mod process;

const USAGE: &str = "\
usage: cargo xtask CHORE

  test [FILTER...]      install what the tests need, build the binary, run everything, or what the filters name
  setup                 only install: Redis, Postgres, Chromium (Debian's packages, as root), and a Python environment with the
                        clients that the tests drive
  contracts [--check]   write openapi/ and schemas/ as the binary prints them, or say which file differs
  bench [NAME...]       run the benches, or those named
  peers [silver|features|vectors] [--size S|M|L|LINES] [--runs N] [--only SYSTEM,...]
                        the same work by Strata, DuckDB, Polars and PySpark on the same files, compared row by row
  peers growth [files|lake] [--runs N]
                        Strata alone, on ten times as much
  peers registry [--only SYSTEM,...] [--runs LIST] [--seconds N] [--starts N]
                        the same requests to Strata's registry and to MLflow's own server, in turn
  conformance --suite CHECKOUT [--layer server|tracking|store]... [--python PYTHON] [FILE...]
                        MLflow's own tests against the registry, beside what passes on MLflow's own server
  crash [--kills N] [--seed S] [--only KIND]
                        kill the binary under load and count what it had acknowledged
  fuzz [TARGET...] [--seconds N]
                        show strangers' bytes, made up by a fuzzer, to what reads them (60 s each, or N)

STRATA_CACHE says where the Python environment, the fuzzer and the peers' input lie (default: ~/.cache/strata).
";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<()> {
    match arguments {
        ["test", filters @ ..] => test::run(filters),
        ["setup"] => setup::run().map(|_python| ()),
        ["contracts"] => contracts::write(),
        ["contracts", "--check"] => contracts::check(),
        ["bench", names @ ..] => bench::run(names),
        ["peers", words @ ..] => peers::run(words),
        ["conformance", words @ ..] => conformance::run(words),
        ["crash", words @ ..] => crash::run(words),
        ["fuzz", arguments @ ..] => fuzz::run(arguments),
        [] | ["help" | "--help" | "-h"] => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("no such chore: {}\n\n{USAGE}", other.join(" ")),
    }
}
