//! The binary from outside: what the tests of this crate share.
//!
//! Every test starts the built `strata` as a user would, with a data folder of its own.

mod up;
pub use up::Up;

mod browser;
pub use browser::{Browser, Scripts};

mod cluster;
pub use cluster::Node;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The binary and a data folder of its own.
#[derive(Debug)]
pub struct Strata {
    binary: PathBuf,
    folder: TempDir,
}

impl Strata {
    /// `None`, and said to be skipped, where nothing is built.
    pub fn new() -> Option<Self> {
        let binary = strata_testkit::strata_binary()?;
        Some(Self { binary, folder: tempfile::tempdir().expect("a temporary folder can be made") })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The command with these arguments, not started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data-dir").arg(self.folder.path()).stdin(Stdio::null());
        command.env("XDG_CONFIG_HOME", self.folder.path());
        command
    }

    /// Runs it to its end.
    pub fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the built binary starts")
    }

    /// Runs it; it must end well. Gives stdout.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "strata {arguments:?} ended with {}: {error}", output.status);
        String::from_utf8(output.stdout).expect("stdout is text")
    }

    /// Runs it with `--json` and reads the last line of stdout.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let stdout = self.run(&[arguments, &["--json"]].concat());
        let line = stdout.lines().last().expect("there is a line of JSON");
        serde_json::from_str(line).expect("the last line is JSON")
    }

    /// Runs it; it must end with this code. Gives stderr.
    pub fn refused(&self, arguments: &[&str], code: i32) -> String {
        let output = self.output(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "strata {arguments:?}: {error}");
        assert!(!error.contains("panicked"), "{error}");
        error
    }

    /// Starts it in the background, with its stdout for the caller.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the built binary starts"))
    }

    /// One number by SQL.
    pub fn number(&self, sql: &str) -> i64 {
        let rows = self.json(&["query", sql]);
        let row = rows[0].as_object().expect("the answer has a row");
        row.values().next().and_then(Value::as_i64).unwrap_or(0)
    }
}

/// A process that is killed when the test ends, however it ends.
#[derive(Debug)]
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
