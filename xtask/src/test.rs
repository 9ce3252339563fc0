//! Installs, builds and runs everything, with the release profile: the tests, the binary that they
//! drive and the benches share one build of the heavy dependencies.
//!
//! The last word is the runner's summary: that of cargo-nextest where it is installed, else one line
//! that adds up what `cargo test` says of each binary. What was skipped is listed before it. All of it goes
//! to stdout, the chatter of building to stderr.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{binary, places, process, setup};

/// Runs everything, or what the filters name.
pub(crate) fn run(filters: &[&str]) -> Result<()> {
    let python = or_skipped(setup::run(), "Python");
    // It is large, and made while the binary is built.
    let making = std::thread::spawn(setup::mlflow);
    binary::build()?;
    let made = making.join().unwrap_or_else(|_| bail!("making MLflow's environment panicked"));
    let mlflow = or_skipped(made, "MLflow");
    let surroundings = Surroundings { python, mlflow, skipped: places::target().join("skipped.txt") };
    let _ = fs::remove_file(&surroundings.skipped);
    if process::succeeds(&mut process::cargo(["nextest", "--version"])) {
        with_nextest(filters, &surroundings)
    } else {
        with_cargo(filters, &surroundings)
    }
}

/// What could be installed; else its tests are skipped, and say so.
fn or_skipped(installed: Result<PathBuf>, what: &str) -> Option<PathBuf> {
    let tell = |error: &anyhow::Error| {
        eprintln!("setup: {error:#}");
        eprintln!("setup: the tests that need {what} will say that they were skipped");
    };
    installed.inspect_err(tell).ok()
}

/// What the tests find in their environment.
struct Surroundings {
    python: Option<PathBuf>,
    /// The Python beside MLflow's own server.
    mlflow: Option<PathBuf>,
    /// Where tests say that they were skipped.
    skipped: PathBuf,
}

impl Surroundings {
    fn around<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("STRATA_BIN", binary::path());
        command.env("STRATA_SKIPPED", std::path::absolute(&self.skipped).unwrap_or_else(|_| self.skipped.clone()));
        for (variable, python) in [("STRATA_PYTHON", &self.python), ("STRATA_MLFLOW", &self.mlflow)] {
            match python {
                Some(python) => command.env(variable, python),
                None => command.env_remove(variable),
            };
        }
        command
    }
}

fn with_nextest(filters: &[&str], surroundings: &Surroundings) -> Result<()> {
    // nextest does not know documentation tests.
    let mut documentation = process::cargo(["test", "--release", "--workspace", "--doc", "--no-fail-fast"]);
    documentation.arg("--").args(filters);
    let documentation = count(&mut documentation, surroundings)?;

    let mut tests = process::cargo(["nextest", "run", "--release", "--workspace", "--no-fail-fast", "--no-tests=pass"]);
    tests.args(filters).stderr(Stdio::piped());
    let mut child = surroundings.around(&mut tests).spawn().context("cannot run cargo-nextest")?;
    let mut last_words = Vec::new();
    for line in lines(child.stderr.take()) {
        if last_words.is_empty() && !is_summary(&line) {
            println!("{line}");
        } else {
            last_words.push(line);
        }
    }
    let status = child.wait().context("cannot wait for cargo-nextest")?;
    list_skipped(&surroundings.skipped);
    for line in last_words {
        println!("{line}");
    }
    if !documentation.ok {
        bail!("documentation tests failed: {documentation}");
    }
    if !status.success() {
        bail!("tests failed");
    }
    Ok(())
}

fn with_cargo(filters: &[&str], surroundings: &Surroundings) -> Result<()> {
    let mut tests = process::cargo(["test", "--release", "--workspace", "--no-fail-fast"]);
    tests.arg("--").args(filters);
    let counts = count(&mut tests, surroundings)?;
    list_skipped(&surroundings.skipped);
    println!("{counts}");
    if !counts.ok {
        bail!("tests failed");
    }
    Ok(())
}

/// What `cargo test` said of all binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    ok: bool,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

impl Counts {
    /// `test result: ok. 12 passed; 0 failed; ...`
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ").and_then(|line| line.split_once(". ")) else { return };
        let number = |what| {
            let part = result.1.split("; ").find_map(|part| part.strip_suffix(what))?;
            part.trim().parse::<u64>().ok()
        };
        self.passed += number("passed").unwrap_or(0);
        self.failed += number("failed").unwrap_or(0);
    }
}

/// Runs `cargo test`, shows what it says except of binaries without tests, and adds up.
fn count(command: &mut Command, surroundings: &Surroundings) -> Result<Counts> {
    let mut child = surroundings.around(command).stdout(Stdio::piped()).spawn().context("cannot run cargo test")?;
    let mut counts = Counts::default();
    for line in lines(child.stdout.take()) {
        counts.add(&line);
        if !says_nothing(&line) {
            println!("{line}");
        }
    }
    counts.ok = child.wait().context("cannot wait for cargo test")?.success();
    Ok(counts)
}

fn lines(pipe: Option<impl Read>) -> impl Iterator<Item = String> {
    // Split by hand: a test may print what is not UTF-8.
    let lines = pipe.map(|pipe| BufReader::new(pipe).split(b'\n').map_while(Result::ok));
    lines.into_iter().flatten().map(|line| String::from_utf8_lossy(&line).into_owned())
}

fn says_nothing(line: &str) -> bool {
    let empty = "test result: ok. 0 passed; 0 failed; 0 ignored;";
    line.is_empty() || line == "running 0 tests" || line.starts_with(empty) || line.starts_with("all doctests ran")
}

fn is_summary(line: &str) -> bool {
    line.trim_start().starts_with("Summary [")
}

fn list_skipped(list: &Path) {
    let Ok(skipped) = fs::read_to_string(list) else { return };
    let mut skipped: Vec<_> = skipped.lines().collect();
    skipped.sort_unstable();
    skipped.dedup();
    for line in skipped {
        println!("skipped: {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let mut counts = Counts::default();
        for line in [
            "running 2 tests",
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 30 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "a test that prints: 9 passed; 9 failed",
        ] {
            counts.add(line);
        }
        assert_eq!(counts.to_string(), "32 passed, 4 failed");
    }

    #[test]
    fn empty_binaries_say_nothing_but_ignored_tests_are_seen() {
        assert!(says_nothing("running 0 tests"));
        assert!(says_nothing("test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out"));
        assert!(!says_nothing("test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out"));
    }

    #[test]
    fn the_runners_summary_is_known() {
        assert!(is_summary("     Summary [   0.012s] 5 tests run: 5 passed, 0 skipped"));
        assert!(!is_summary("        PASS [   0.012s] strata-types::it summary"));
    }
}
