//! Heavy work in a process of its own: it has its own memory, a low priority, and takes nothing with it when it dies.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use strata_runtime::memory;
use strata_services::BoxError;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Tells a process that it works for a running stack, by its parent's number. It then ends when its stdin does, and says how
/// far it is in lines that begin with [`PROGRESS`].
pub const WORKER: &str = "STRATA_WORKER";

/// What a worker's progress begins with, on stderr.
pub const PROGRESS: &str = "~ ";

/// How to start this binary with what the stack was started with.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The binary.
    pub program: PathBuf,
    /// The arguments that every command takes: data folder, configuration, settings.
    pub arguments: Vec<String>,
}

/// What a step is doing now, and in which process. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doing(Arc<Mutex<(Option<String>, Option<u32>)>>);

impl Doing {
    pub(crate) fn set(&self, what: Option<String>) {
        self.lock().0 = what;
    }

    pub(crate) fn get(&self) -> Option<String> {
        self.lock().0.clone()
    }

    /// Memory of the process that does it, in bytes; `None` while there is none, or where the system does not tell.
    pub(crate) fn memory_bytes(&self) -> Option<u64> {
        let process = self.lock().1?;
        memory::bytes_of(process)
    }

    fn lock(&self) -> MutexGuard<'_, (Option<String>, Option<u32>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker {
    /// Runs a command to its end; its error is what it said last. If this is dropped, the process is killed: what it
    /// had committed stays.
    pub(crate) async fn run(&self, command: &[&str], doing: &Doing) -> Result<(), BoxError> {
        let name = command.join(" ");
        let mut child = self.start(command).map_err(|error| format!("cannot start `strata {name}`: {error}"))?;
        doing.lock().1 = child.id();
        // It ends when this end of its stdin is closed, however that comes about.
        let _stdin = child.stdin.take();
        let mut last = String::new();
        if let Some(stderr) = child.stderr.take() {
            let mut lines = BufReader::new(stderr).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(progress) = line.strip_prefix(PROGRESS) {
                    doing.set(Some(progress.to_owned()));
                } else {
                    tracing::info!(command = name, "{line}");
                    last = line;
                }
            }
        }
        let status = child.wait().await?;
        *doing.lock() = (None, None);
        if status.success() {
            return Ok(());
        }
        let why = last.strip_prefix("error: ").unwrap_or(&last);
        Err(format!("`strata {name}` ended with {status}: {why}").into())
    }

    /// Behind whatever serves, where the system has the command for it.
    fn start(&self, command: &[&str]) -> std::io::Result<Child> {
        let mut nice = Command::new("nice");
        nice.args(["-n", "10"]).arg(&self.program);
        match self.spawn(nice, command) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.spawn(Command::new(&self.program), command)
            }
            started => started,
        }
    }

    fn spawn(&self, mut process: Command, command: &[&str]) -> std::io::Result<Child> {
        process.args(command).args(&self.arguments).env(WORKER, std::process::id().to_string());
        process.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()
    }
}
