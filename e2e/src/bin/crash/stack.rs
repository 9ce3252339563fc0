//! The real binary, as somebody else would run it: a process in the foreground, on ports that stay.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::waiting::{LONG, ended, output, succeeds};

/// A stack on a folder, which may run or not.
#[derive(Debug)]
pub(crate) struct Stack {
    binary: PathBuf,
    folder: PathBuf,
    /// Where its process says what it says: beside the folder, for that may be full.
    said: PathBuf,
    /// Clients go on with the ports that they know, through every restart.
    pub(crate) log_port: u16,
    pub(crate) gateway_port: u16,
    settings: Vec<(String, String)>,
    process: Option<Child>,
}

impl Stack {
    /// Nothing runs yet. The settings are given as the environment.
    pub(crate) fn new(binary: &Path, folder: &Path, settings: Vec<(String, String)>) -> Result<Self> {
        let said = folder.with_extension("said");
        let (log_port, gateway_port) = (free_port()?, free_port()?);
        let (binary, folder) = (binary.to_owned(), folder.to_owned());
        Ok(Self { binary, folder, said, log_port, gateway_port, settings, process: None })
    }

    pub(crate) fn gateway(&self) -> String {
        format!("http://127.0.0.1:{}", self.gateway_port)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(words).arg("--data-dir").arg(&self.folder).stdin(Stdio::null());
        command.env("XDG_CONFIG_HOME", self.said.with_extension("none"));
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it, and does not wait.
    pub(crate) fn raise(&mut self) -> Result<()> {
        let said = File::options().create(true).append(true).open(&self.said)?;
        let ports = [
            format!("infrastructure.log_port={}", self.log_port),
            format!("ingestion.gateway_port={}", self.gateway_port),
            "infrastructure.s3_port=0".to_owned(),
        ];
        let mut command = self.command(&["up", "--empty", "--level", "2"]);
        for port in &ports {
            command.args(["--set", port]);
        }
        self.process = Some(command.stdout(said.try_clone()?).stderr(said).spawn()?);
        Ok(())
    }

    pub(crate) fn runs(&mut self) -> Result<bool> {
        Ok(match &mut self.process {
            Some(process) => process.try_wait()?.is_none(),
            None => false,
        })
    }

    /// kill -9; gives when it is gone.
    pub(crate) fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// SIGTERM; gives how it ended.
    pub(crate) fn terminate(&mut self) -> Result<ExitStatus> {
        let process = self.process.as_mut().context("nothing runs")?;
        succeeds(Command::new("kill").args(["-TERM", &process.id().to_string()]))?;
        self.ends("SIGTERM")
    }

    /// Waits for its process, which was asked to end.
    pub(crate) fn ends(&mut self, by: &str) -> Result<ExitStatus> {
        let mut process = self.process.take().context("nothing runs")?;
        ended(&format!("the stack ends by {by}"), &mut process)
    }

    /// What is wrong with it now; `None` when all that was asked for is healthy.
    pub(crate) fn trouble(&self) -> Result<Option<String>> {
        let output = output(&mut self.command(&["status", "--json"]))?;
        if output.status.success() {
            return Ok(None);
        }
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let mut causes = vec![said["cause"].as_str().unwrap_or_default().to_owned()];
        for service in said["services"].as_array().into_iter().flatten() {
            if service["wanted"] == true && service["health"] != "healthy" {
                causes.push(format!("{}: {} {}", service["name"], service["state"], service["cause"]));
            }
        }
        causes.push(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        causes.retain(|cause| !cause.is_empty());
        Ok(Some(causes.join("; ")))
    }

    /// Which service took longest when it was raised last, and how many seconds.
    pub(crate) fn slowest(&self) -> Result<(String, f64)> {
        // It may be ill again already: one cause follows another.
        let said: Value = serde_json::from_slice(&output(&mut self.command(&["status", "--json"]))?.stdout)?;
        let took = |service: &Value| (text(&service["name"]), service["startup_seconds"].as_f64().unwrap_or(0.0));
        let services = said["services"].as_array().into_iter().flatten().map(took);
        services.max_by(|one, other| one.1.total_cmp(&other.1)).context("the stack has no services")
    }

    /// Asks the running stack over its socket, and waits until it is done.
    pub(crate) fn control(&self, request: &Value) -> Result<()> {
        let mut stream = UnixStream::connect(self.folder.join("run/strata.sock")).context("the control socket")?;
        stream.set_read_timeout(Some(LONG))?;
        writeln!(stream, "{request}")?;
        for line in BufReader::new(stream).lines() {
            let answer: Value = serde_json::from_str(&line.with_context(|| format!("no answer to {request}"))?)?;
            if answer.get("done").is_some() {
                return Ok(());
            }
            if let Some(failed) = answer.get("failed") {
                bail!("{request} failed: {failed}");
            }
        }
        bail!("{request} has no answer")
    }

    /// Runs a command on the folder, which has to end well.
    pub(crate) fn run(&self, words: &[&str]) -> Result<String> {
        succeeds(&mut self.command(words))
    }

    /// The rows that a query answers with.
    pub(crate) fn query(&self, sql: &str) -> Result<Vec<Value>> {
        let said = self.run(&["query", sql, "--json"])?;
        serde_json::from_str(said.lines().last().unwrap_or_default()).with_context(|| format!("what `{sql}` answers"))
    }

    /// The last of what its process said.
    pub(crate) fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.said).unwrap_or_default();
        said.lines().rev().take(5).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A port that nobody has now, and that no outgoing connection is given while the stack is down.
fn free_port() -> Result<u16> {
    use rand::RngExt;
    let mut random = rand::rng();
    for _ in 0..1_000 {
        let port = random.random_range(15_000..30_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}
