//! A disk of its own for the data folder, which can be full.
//!
//! It is a `tmpfs` in a mount namespace of this program: nobody else sees it, and it is gone with the program, however that
//! ends. Root makes the namespace; anybody else does it in a namespace of users, where the machine allows that.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use anyhow::{Context, Result, bail};

use crate::waiting::{output, succeeds};

/// Says to the program that it was started apart.
const APART: &str = "STRATA_CRASH_APART";
/// More than any run needs; what is not used takes no memory.
const SIZE: &str = "size=2g";

/// How `unshare` is called, the first that works.
const WAYS: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];

fn way() -> Option<&'static [&'static str]> {
    let try_it = "d=$(mktemp -d) && mount -t tmpfs tmpfs \"$d\" && umount \"$d\" && rmdir \"$d\"";
    let works = |way: &&&[&str]| {
        let tried = output(Command::new("unshare").args(**way).args(["--", "sh", "-c", try_it]));
        tried.is_ok_and(|output| output.status.success())
    };
    WAYS.iter().find(works).copied()
}

/// Whether this machine lets this account mount something, in a namespace.
pub(crate) fn can_be_mounted() -> bool {
    is_apart() || way().is_some()
}

/// Whether this program has a mount namespace of its own.
pub(crate) fn is_apart() -> bool {
    std::env::var_os(APART).is_some()
}

/// Starts this program again in a mount namespace, with the same words and this seed; gives what it found.
pub(crate) fn again_apart(seed: u64) -> Result<bool> {
    let way = way().context("no mount namespace can be made")?;
    let mut command = Command::new("unshare");
    command.args(way).arg("--").arg(std::env::current_exe()?).args(std::env::args_os().skip(1));
    if !std::env::args().any(|word| word.starts_with("--seed")) {
        command.args(["--seed", &seed.to_string()]);
    }
    // It takes this process's place: whoever ends this process ends it.
    Err(command.env(APART, "1").exec()).context("cannot start unshare")
}

/// A mounted disk, unmounted when it is dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    at: PathBuf,
}

impl Disk {
    pub(crate) fn mount(at: &Path) -> Result<Self> {
        succeeds(Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(at))?;
        Ok(Self { at: at.to_owned() })
    }

    /// Makes it as small as what it holds, and fills what is left with ballast: not a page is free.
    pub(crate) fn fill(&self) -> Result<()> {
        // Between the look and the remount it may have grown.
        for _ in 0..200 {
            let used = succeeds(Command::new("df").args(["--block-size=1", "--output=used"]).arg(&self.at))?;
            let used: u64 = used.lines().last().unwrap_or_default().trim().parse().context("df says no number")?;
            let shrunk = self.remount(&format!("size={}", used.max(4096))).is_ok();
            if shrunk && fs::write(self.ballast(), vec![0; 1 << 20]).is_err() {
                return Ok(());
            }
        }
        bail!("the disk grows faster than it can be filled")
    }

    /// Lets it grow again.
    pub(crate) fn free(&self) -> Result<()> {
        self.remount(SIZE)?;
        Ok(fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.at.join("ballast")
    }

    fn remount(&self, size: &str) -> Result<()> {
        let options = format!("remount,{size}");
        succeeds(Command::new("mount").args(["-o", &options]).arg(&self.at)).map(|_| ())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let unmounted: std::io::Result<Child> = Command::new("umount").arg("--lazy").arg(&self.at).spawn();
        let _ = unmounted.and_then(|mut child| child.wait());
    }
}
