//! The real programs that the tests run: Redis and Postgres, and a browser. Without them the tests say that they were skipped.

use std::env;
use std::fs;

use super::apt;

/// A program that the tests start for themselves.
struct Needed {
    program: &'static str,
    /// Debian's.
    package: &'static str,
    /// Where Debian puts a program for each version, off the path.
    versions: &'static str,
    what_for: &'static str,
}

const NEEDED: [Needed; 3] = [
    Needed {
        program: "redis-server",
        package: "redis-server",
        versions: "",
        what_for: "the suites run over a real Redis too",
    },
    Needed {
        program: "initdb",
        package: "postgresql",
        versions: "/usr/lib/postgresql",
        what_for: "the suites run over a real Postgres too",
    },
    // Ubuntu's package of that name is a snap, which may not be installable: then the page is not looked at.
    Needed {
        program: "chromium",
        package: "chromium",
        versions: "",
        what_for: "the status page is looked at in a browser",
    },
];

/// Installs those that are missing, and says what it did. What cannot be installed is only skipped.
pub(super) fn install() {
    let missing: Vec<_> = NEEDED.iter().filter(|needed| !is_here(needed)).collect();
    if missing.is_empty() {
        eprintln!("setup: Redis, Postgres and Chromium are here");
    }
    for Needed { package, what_for, .. } in missing {
        match apt::install(&format!("{what_for}: {package} is missing"), &[package]) {
            Ok(()) => eprintln!("setup: installed {package}"),
            Err(error) => {
                eprintln!("setup: {error:#}");
                eprintln!("setup: the tests that need {package} will say that they were skipped");
            }
        }
    }
}

fn is_here(needed: &Needed) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir(needed.versions).into_iter().flatten().flatten();
    let versions = versions.map(|version| version.path().join("bin"));
    env::split_paths(&path).chain(versions).any(|folder| folder.join(needed.program).is_file())
}
