//! Packages of Debian and Ubuntu: installed where that needs no question, else named.

use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

const INSTALL: [&str; 4] = ["apt-get", "install", "--yes", "--no-install-recommends"];

/// Installs the packages: as root, on a system with apt. Else says the line to type.
pub(super) fn install(reason: &str, packages: &[&str]) -> Result<()> {
    let line = [&INSTALL[..], packages].concat();
    let is_root = process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root || !process::succeeds(Command::new(INSTALL[0]).arg("--version")) {
        bail!("{reason}; on Debian or Ubuntu: sudo {}", line.join(" "));
    }
    eprintln!("setup: {reason}: {}", line.join(" "));
    let mut install = Command::new(INSTALL[0]);
    // At this level no service is started: the tests start their own.
    install.args(&line[1..]).env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1");
    if process::run(&mut install).is_err() {
        // A fresh image has no lists of packages yet.
        process::run(Command::new(INSTALL[0]).arg("update"))?;
        process::run(&mut install)?;
    }
    Ok(())
}
