//! Installs what the tests need: real servers, a browser, and Python environments with the foreign clients.
//!
//! Idempotent: what is there is not installed again. An environment keeps a copy of the requirements it was
//! made from, written last, and is made anew when they differ. A half-made one has no copy and is made anew too.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::{places, process};

mod apt;

mod programs;

/// A Python environment that is made from a list of pinned packages.
struct Environment {
    /// Its folder in the cache.
    folder: &'static str,
    /// The list.
    requirements: &'static str,
    /// What is said to pip beside the list.
    flags: &'static [&'static str],
}

/// The clients that the tests drive.
const CLIENTS: Environment = Environment { folder: "venv", requirements: "e2e/python/requirements.txt", flags: &[] };
/// `MLflow` whole, with its server: its list is complete, and its resolver would ask for packages that no registry has.
const MLFLOW: Environment = Environment {
    folder: "mlflow-venv",
    requirements: "e2e/python/mlflow_conformance/requirements.txt",
    flags: &["--no-deps"],
};
/// The oldest Python for which the pinned clients exist.
const OLDEST: (u32, u32) = (3, 11);
const VENV: &str = "python3-venv";

/// The interpreter of the tests' clients, after installing what is missing.
pub(crate) fn run() -> Result<PathBuf> {
    make(&CLIENTS, programs::install)
}

/// The interpreter beside `MLflow`'s own server, after making what is missing.
pub(crate) fn mlflow() -> Result<PathBuf> {
    make(&MLFLOW, || ())
}

/// Makes the environment unless it is as its list says, and gives its interpreter; `first` runs before, once at a time.
fn make(environment: &Environment, first: fn()) -> Result<PathBuf> {
    let cache = places::cache()?;
    fs::create_dir_all(&cache).with_context(|| format!("cannot make the cache folder {}", cache.display()))?;
    // Two runs at once wait for each other instead of installing into the same folder.
    let lock = File::create(cache.join("venv.lock")).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.context("cannot lock the cache folder")?;

    first();
    let Environment { folder, requirements: list, flags } = environment;
    let requirements = places::root().join(list);
    let wanted = fs::read_to_string(&requirements).with_context(|| format!("cannot read {list}"))?;
    let folder = cache.join(folder);
    let (python, copy) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if fs::read_to_string(&copy).is_ok_and(|made_from| made_from == wanted) && works(&python) {
        eprintln!("setup: the Python environment {} is as {list} says", folder.display());
        return Ok(python);
    }

    check_python()?;
    let start = Instant::now();
    eprintln!("setup: installing {list} into {}, some minutes the first time", folder.display());
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    process::run(Command::new(&python).args(pip).args(*flags).arg("--requirement").arg(&requirements))?;
    fs::write(&copy, &wanted).with_context(|| format!("cannot write {}", copy.display()))?;
    eprintln!("setup: installed {} packages in {} s", pinned(&wanted).count(), start.elapsed().as_secs());
    Ok(python)
}

fn check_python() -> Result<()> {
    let version = "import sys; print('%d.%d' % sys.version_info[:2])";
    let Ok(version) = process::output(Command::new("python3").args(["-c", version])) else {
        return install_venv("there is no python3");
    };
    if parse_version(&version).is_none_or(|version| version < OLDEST) {
        bail!("python3 is {}; the clients need {}.{} or newer", version.trim(), OLDEST.0, OLDEST.1);
    }
    if !has_venv() {
        return install_venv("python3 cannot make environments: its venv module is missing");
    }
    Ok(())
}

fn install_venv(reason: &str) -> Result<()> {
    apt::install(reason, &[VENV])?;
    if !has_venv() {
        bail!("{reason}, also with {VENV}");
    }
    Ok(())
}

fn has_venv() -> bool {
    process::succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"]))
}

fn works(python: &Path) -> bool {
    process::succeeds(Command::new(python).arg("--version"))
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn pinned(requirements: &str) -> impl Iterator<Item = &str> {
    requirements.lines().filter(|line| line.contains("=="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(parse_version("3.9\n").unwrap() < OLDEST);
        assert!(parse_version("3.11\n").unwrap() >= OLDEST);
        assert_eq!(parse_version("three"), None);
    }

    /// Fault 11: what is installed is pinned, so that tomorrow's run is today's.
    #[test]
    fn every_requirement_is_pinned() {
        for Environment { requirements, .. } in [CLIENTS, MLFLOW] {
            let requirements = fs::read_to_string(places::root().join(requirements)).unwrap();
            for line in requirements.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                let exact = line.split_once("==").is_some_and(|(_, version)| !version.contains(['*', ',', '<', '>']));
                assert!(exact, "{line}");
            }
        }
    }
}
