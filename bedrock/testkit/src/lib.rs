//! What tests share: where the real data, the foreign clients and the built binary lie, real servers, and a browser.
//!
//! None of them is in the repository, so each may be absent. A test that needs one says that it was
//! [skipped](skip): a test that quietly did nothing reads as one that passed.
//!
//! ```no_run
//! let Some(psv) = strata_testkit::shared_data("physionet-2019-setA/training_setA.psv.tar.zst") else { return };
//! ```

mod server;
pub use server::{MlflowServer, PostgresServer, RedisServer};

use std::env;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file or folder of the shared clinical data, below `STRATA_DATA` or else `../shared/data` beside
/// the workspace. When it is not there, this says that the test was skipped.
pub fn shared_data(relative: impl AsRef<Path>) -> Option<PathBuf> {
    let relative = relative.as_ref();
    let found = existing(&data_folder(env::var_os("STRATA_DATA").as_deref()), relative);
    if found.is_none() {
        skip(&format!("the shared data `{}` are not here; STRATA_DATA says where they are", relative.display()));
    }
    found
}

/// The Python interpreter that has the foreign clients, which `cargo xtask test` installs and names
/// in `STRATA_PYTHON`. Without it, this says that the test was skipped.
pub fn python() -> Option<PathBuf> {
    program("STRATA_PYTHON", "no Python with the foreign clients; `cargo xtask test` installs them")
}

/// The Python interpreter of an environment that has the whole of MLflow, with its server and its web pages, which
/// `cargo xtask test` installs and names in `STRATA_MLFLOW`. Without it, this says that the test was skipped.
pub fn mlflow() -> Option<PathBuf> {
    program("STRATA_MLFLOW", "no Python with MLflow; `cargo xtask test` installs it, and STRATA_MLFLOW names one")
}

/// The built `strata`, which `cargo xtask test` names in `STRATA_BIN`. Without it, this says that the
/// test was skipped.
pub fn strata_binary() -> Option<PathBuf> {
    program("STRATA_BIN", "no built strata; `cargo xtask test` builds and names it")
}

/// Chromium, which `cargo xtask setup` installs where it can. Without it, this says that the test was skipped.
pub fn chromium() -> Option<PathBuf> {
    server::program("chromium", &[])
}

/// What the fuzzer's target of this name starts from, and what it found once (`fuzz/seeds/`).
///
/// # Panics
/// Where there is none: a test over no seeds tests nothing.
pub fn fuzz_seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let seeds = std::fs::read_dir(folder).expect("the target has a folder of seeds");
    let read = |seed: std::io::Result<std::fs::DirEntry>| std::fs::read(seed?.path());
    let seeds: Vec<_> = seeds.map(|seed| read(seed).expect("a seed can be read")).collect();
    assert!(!seeds.is_empty(), "the target has no seeds");
    seeds
}

/// Says that the calling test did not run, and why. `cargo xtask test` lists what was skipped.
#[expect(clippy::print_stderr, reason = "tests talk to who runs them")]
pub fn skip(reason: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("skipped: {test}: {reason}");
    if let Some(list) = env::var_os("STRATA_SKIPPED") {
        // One write, so that lines of tests side by side stay whole. A list that cannot be written costs only the list.
        let appended = OpenOptions::new().append(true).create(true).open(list);
        let _ = appended.and_then(|mut list| list.write_all(format!("{test}: {reason}\n").as_bytes()));
    }
}

fn program(variable: &str, reason: &str) -> Option<PathBuf> {
    let found = env::var_os(variable).map(PathBuf::from).filter(|program| program.is_file());
    if found.is_none() {
        skip(reason);
    }
    found
}

fn data_folder(named: Option<&OsStr>) -> PathBuf {
    named.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from)
}

fn existing(folder: &Path, relative: &Path) -> Option<PathBuf> {
    folder.join(relative).canonicalize().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_lie_where_the_variable_says_or_beside_the_workspace() {
        assert_eq!(data_folder(Some(OsStr::new("/data"))), Path::new("/data"));
        let beside = data_folder(None);
        let workspace = beside.ancestors().nth(3).unwrap();
        assert!(workspace.join("Cargo.lock").is_file(), "{} is not in the workspace", workspace.display());
    }

    #[test]
    fn what_is_absent_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("here"), "").unwrap();
        assert!(existing(folder.path(), Path::new("here")).is_some());
        assert!(existing(folder.path(), Path::new("gone")).is_none());
    }
}
