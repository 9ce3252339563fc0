//! Bronze, read as anybody can read it: objects of lines, each beside its manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::ledger::Place;

/// What the live log's objects hold.
#[derive(Debug, Default)]
pub(crate) struct Bronze {
    /// Every record, in the order of the offsets.
    pub(crate) records: Vec<(Place, Vec<u8>)>,
    /// Where offsets are missing or come twice, and manifests that do not say what their object holds.
    pub(crate) faults: Vec<String>,
    /// Objects without a manifest, which do not exist for anybody.
    pub(crate) orphans: usize,
}

/// What is needed of a manifest.
#[derive(Deserialize)]
struct Manifest {
    object: String,
    topic: String,
    log: String,
    partition: u8,
    first_offset: u64,
    count: u64,
}

impl Bronze {
    /// Reads all of it; `root` is the folder that has `raw`.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let (mut bronze, mut files) = (Self::default(), Vec::new());
        walk(&root.join("raw"), &mut files)?;
        let is_manifest = |file: &&PathBuf| file.to_string_lossy().ends_with(".manifest.json");
        let (mut manifests, mut by_partition) = (0, BTreeMap::<_, Vec<_>>::new());
        for file in files.iter().filter(is_manifest) {
            let read = || -> Result<Manifest> { Ok(serde_json::from_slice(&fs::read(file)?)?) };
            let manifest = read().with_context(|| format!("the manifest {}", file.display()))?;
            manifests += 1;
            if manifest.log == "live" {
                by_partition.entry((manifest.topic.clone(), manifest.partition)).or_default().push(manifest);
            }
        }
        bronze.orphans = files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "zst")).count() - manifests;
        for (_, mut manifests) in by_partition {
            manifests.sort_by_key(|manifest| (manifest.first_offset, manifest.count));
            bronze.take(root, &manifests)?;
        }
        Ok(bronze)
    }

    /// Takes the objects of one partition, which have to follow on each other from offset 0.
    fn take(&mut self, root: &Path, manifests: &[Manifest]) -> Result<()> {
        let mut next = 0;
        for Manifest { object, topic, partition, first_offset, count, .. } in manifests {
            if *first_offset != next {
                self.faults.push(format!("{topic}/{partition}: {object} begins at {first_offset}, not at {next}"));
            }
            next = first_offset + count;
            let bytes = fs::read(root.join(object)).with_context(|| format!("the object {object}"))?;
            let raw = zstd::decode_all(&*bytes).with_context(|| format!("the object {object}"))?;
            let lines: Vec<_> = raw.split_inclusive(|byte| *byte == b'\n').collect();
            if lines.len() as u64 != *count {
                self.faults.push(format!("{object} has {} records, its manifest says {count}", lines.len()));
            }
            for (offset, line) in (*first_offset..).zip(lines) {
                let place = Place { topic: topic.clone(), partition: *partition, offset };
                self.records.push((place, line.strip_suffix(b"\n").unwrap_or(line).to_vec()));
            }
        }
        Ok(())
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
