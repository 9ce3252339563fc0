//! Waiting on conditions, with limits that only something broken reaches.

use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A slow machine that has much else to do is not broken.
pub(crate) const LONG: Duration = Duration::from_mins(5);
const LOOK: Duration = Duration::from_millis(20);

/// Waits until it is so; when it is not within [`LONG`], `what` is the error.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_so()? {
        if began.elapsed() > LONG {
            bail!("{what}: not within {} s", LONG.as_secs());
        }
        sleep(LOOK);
    }
    Ok(())
}

/// Waits for a process to end; one that does not is an error, and killed.
pub(crate) fn ended(what: &str, child: &mut Child) -> Result<std::process::ExitStatus> {
    let mut status = None;
    let waited = until(what, || {
        status = child.try_wait()?;
        Ok(status.is_some())
    });
    if waited.is_err() {
        child.kill()?;
        child.wait()?;
    }
    waited?;
    status.with_context(|| format!("{what}: it has no exit code"))
}

/// Runs a command to its end. What it says goes to files, so that nothing waits for a reader.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    let name = name(command);
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null()).stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let status = ended(&name, &mut child)?;
    Ok(Output { status, stdout: whole(&mut stdout)?, stderr: whole(&mut stderr)? })
}

/// Runs a command that has to end well; gives what it said.
pub(crate) fn succeeds(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` ended with {}: {}", name(command), output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as one would type it; not its environment, in which there are secrets.
fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn whole(file: &mut std::fs::File) -> Result<Vec<u8>> {
    use std::io::{Read, Seek};
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
