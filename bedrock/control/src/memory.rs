//! What is known of a stack when it is gone, however it went.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use strata_types::Timestamp;

use crate::Error;

/// Written whenever it changes, in one step: a stack that was killed leaves the last one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The process that ran it.
    pub pid: u32,
    /// Since when.
    pub started_at: Timestamp,
    /// The services that were asked for.
    pub wanted: Vec<String>,
    /// Whether it was felled in order. If not, and nobody runs it, it was killed.
    pub felled: bool,
    /// How long each service took to become healthy when it was last raised, in seconds.
    pub startup_seconds: BTreeMap<String, f64>,
}

impl Memory {
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let partial = path.with_extension("partial");
        let write = || {
            let mut file = std::fs::File::create(&partial)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.sync_data()?;
            std::fs::rename(&partial, path)
        };
        write().map_err(|cause| Error::Folder { path: path.to_owned(), cause })
    }

    pub(crate) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunFolder;

    #[test]
    fn what_was_remembered_is_recalled_and_half_a_file_is_not() {
        let data = tempfile::tempdir().unwrap();
        let run = RunFolder::open(data.path()).unwrap();
        assert_eq!(run.recall(), None);
        let memory = Memory { pid: 7, wanted: vec!["log".into()], ..Memory::default() };
        run.remember(&memory).unwrap();
        assert_eq!(run.recall(), Some(memory));
        std::fs::write(data.path().join("run/state.json"), "{\"pid\": 7, \"wan").unwrap();
        assert_eq!(run.recall(), None);
    }
}
