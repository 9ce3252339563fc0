//! A folder with a log in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strata_audit::{Action, Agent, AgentKind, Audit, Entity, Entry, Flaw, Verified, verify};
use strata_runtime::clock::Fixed;

/// 2026-03-01T12:00:00Z.
pub(crate) const NOON: i64 = 1_772_366_400_000_000;

pub(crate) struct Desk {
    folder: tempfile::TempDir,
    pub(crate) clock: Fixed,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Fixed::at(NOON) }
    }

    /// With this many records, about ten in a file.
    pub(crate) fn with(records: u64) -> Self {
        let desk = Self::new();
        let audit = desk.open();
        for number in 0..records {
            audit.record(entry("import").count("records", number)).unwrap();
        }
        desk
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("audit/events")
    }

    pub(crate) fn open(&self) -> Audit {
        Audit::rotating_at(self.path(), Arc::new(self.clock.clone()), 3_000).unwrap()
    }

    pub(crate) fn verify(&self) -> Verified {
        verify(&self.path()).unwrap()
    }

    pub(crate) fn flaw(&self) -> Option<Flaw> {
        self.verify().finding.map(|finding| finding.flaw)
    }

    /// The files of records, in order.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<_> = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "ndjson"));
        files.sort();
        files
    }
}

pub(crate) fn entry(what: &str) -> Entry {
    let who = Agent::new(AgentKind::Person, "ada");
    Entry::new(who, what, Action::Create).on(Entity::patient(&"p000001".parse().unwrap()))
}

pub(crate) fn edit(path: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    edit(&mut bytes);
    fs::write(path, bytes).unwrap();
}

pub(crate) fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

pub(crate) fn put_lines(path: &Path, lines: &[String]) {
    fs::write(path, lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>()).unwrap();
}
