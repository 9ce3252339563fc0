//! What belongs to a level: what it holds, a snapshot of it, and its end. Nothing is touched that belongs to another level, to
//! the audit log, or to somebody else (faults 6 to 8).

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use strata_control::Lock;
use strata_landing::{Beginning, LIVE};
use strata_types::{Timestamp, Topic};

use crate::export::SUBJECTS;
use crate::folder::Writer;
use crate::{Folder, Stack};

/// What a level holds in the data folder.
#[derive(Clone, Debug, Serialize)]
pub struct Holdings {
    /// The level.
    pub level: u8,
    /// What would be lost, by kind: records of bronze, rows of each table, models.
    pub counts: Vec<(String, u64)>,
    /// Bytes on disk.
    pub bytes: u64,
    /// When the newest record came in.
    pub newest: Option<Timestamp>,
    /// Where it lies.
    #[serde(skip)]
    paths: Vec<PathBuf>,
}

impl Stack {
    /// What a level holds. What is elsewhere (another's Kafka, S3, Redis, Postgres) is not Strata's to erase, and not counted.
    pub async fn holdings(&self, level: u8) -> Result<Holdings> {
        let mut held =
            Holdings { level, counts: Vec::new(), bytes: 0, newest: None, paths: self.paths_of(level).await? };
        match level {
            1 => {
                self.count_bronze(&mut held).await?;
                if self.processing.has_table(SUBJECTS.name).await? {
                    let numbers = self.number("SELECT count(*) FROM subjects").await?.unwrap_or(0);
                    held.counts.push(("numbers of patients".to_owned(), numbers as u64));
                }
            }
            2 | 3 => {
                for table in held.paths.clone() {
                    if table == self.folder.key_value() {
                        held.counts.push(("bytes of recent timelines online".to_owned(), bytes_below(&table)?));
                        continue;
                    }
                    let name = table.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let rows = self.number(&format!("SELECT count(*) FROM {name}")).await?.unwrap_or(0);
                    held.counts.push((format!("rows of {name}"), rows as u64));
                    if level == 2 && !matches!(name.as_str(), "quarantine" | "labels") {
                        let newest = format!("SELECT CAST(max(ingested_at) AS BIGINT) FROM {name}");
                        held.newest = held.newest.max(self.number(&newest).await?.map(Timestamp));
                    }
                }
            }
            4 => held.counts.push(("models".to_owned(), self.models.runs()?)),
            _ => {}
        }
        for path in &held.paths {
            held.bytes += bytes_below(path)?;
        }
        Ok(held)
    }

    /// Bytes on disk of all that levels hold, once each.
    pub fn bytes(held: &[Holdings]) -> Result<u64> {
        paths(held).into_iter().map(bytes_below).sum()
    }

    async fn count_bronze(&self, held: &mut Holdings) -> Result<()> {
        for topic in Topic::ALL {
            let manifests = self.processing.bronze().since(topic, &|_, _| 0).await?;
            let records = manifests.iter().map(|manifest| manifest.count).sum();
            if records > 0 {
                held.counts.push((format!("records of {topic}"), records));
            }
            held.newest = held.newest.max(manifests.iter().filter_map(|manifest| manifest.log_times().last()).max());
        }
        Ok(())
    }

    async fn number(&self, sql: &str) -> Result<Option<i64>> {
        Ok(self.processing.query(sql).await?.number(0))
    }

    /// Where what a level holds lies; only what is there.
    async fn paths_of(&self, level: u8) -> Result<Vec<PathBuf>> {
        let root = self.folder.root();
        let named: Vec<PathBuf> = match level {
            0 => ["log", "kv", "db", "artifacts"].map(|name| root.join(name)).into(),
            1 => {
                let here = self.config().infrastructure.objects.is_empty();
                let bronze = here.then(|| root.join("raw"));
                bronze.into_iter().chain([self.folder.tables().join(SUBJECTS.name)]).collect()
            }
            2 | 3 => {
                let of_level = |name: &String| name != SUBJECTS.name && (name == "features") == (level == 3);
                let names = self.processing.tables().await?.into_iter().filter(of_level);
                let tables = names.map(|name| self.folder.tables().join(name));
                // The online store has these files to itself. They go with the log too, in which they say how far they are.
                let online = (level == 3).then(|| self.folder.key_value());
                tables.chain(online).collect()
            }
            4 => vec![self.folder.runs(), self.folder.registry(), self.folder.served()],
            _ => Vec::new(),
        };
        Ok(named.into_iter().filter(|path| path.exists()).collect())
    }

    /// Copies what levels hold into one archive, before it is erased.
    pub fn snapshot(&self, held: &[Holdings]) -> Result<PathBuf> {
        let folder = self.folder.root().join("snapshots");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        let levels: Vec<_> = held.iter().map(|held| held.level.to_string()).collect();
        let now = Timestamp(self.clock().now_micros()).to_string().replace(':', "");
        let path = folder.join(format!("level-{}-{now}.tar.zst", levels.join("-")));
        let partial = path.with_extension("partial");
        let write = || -> io::Result<()> {
            let packed = zstd::stream::write::Encoder::new(File::create(&partial)?, 1)?;
            let mut archive = tar::Builder::new(packed);
            for path in paths(held) {
                archive.append_dir_all(path.strip_prefix(self.folder.root()).unwrap_or(path), path)?;
            }
            archive.into_inner()?.finish()?.sync_all()?;
            fs::rename(&partial, &path)
        };
        write().with_context(|| format!("cannot write the snapshot `{}`; nothing was erased", path.display()))?;
        Ok(path)
    }

    /// Takes away what levels hold, and leaves behind from where the live log goes on. Whoever could write there must be felled.
    pub async fn erase(&self, held: &[Holdings]) -> Result<()> {
        let takes = |level| held.iter().any(|holdings| holdings.level == level);
        // Without the log, and without silver that knows how far it read, offsets mean nothing to anybody any more.
        let goes_on = !(takes(0) && takes(2));
        for holdings in held {
            let _lock = lock_of(&self.folder, holdings.level)?;
            let mut ends = Vec::new();
            if holdings.level == 1 && goes_on {
                for topic in Topic::EVENTS {
                    ends.push((topic, self.processing.bronze().ends(topic, LIVE, Beginning::Earliest).await?));
                }
            }
            for path in holdings.paths.iter().filter(|path| path.exists()) {
                fs::remove_dir_all(path).with_context(|| format!("`{}` is erased in part", path.display()))?;
            }
            for (topic, ends) in ends {
                for (partition, end) in ends.into_iter().filter(|(_, end)| *end > 0) {
                    self.processing.bronze().begin(topic, LIVE, partition, end).await?;
                }
            }
        }
        if takes(2) {
            // What the online store holds was silver's.
            self.folder.note_import()?;
        }
        Ok(())
    }
}

/// Where what levels hold lies: what belongs to two of them, once.
fn paths(held: &[Holdings]) -> BTreeSet<&Path> {
    held.iter().flat_map(|held| &held.paths).map(PathBuf::as_path).collect()
}

/// The lock of whoever writes what a level holds. Level 0 is written by a running stack alone.
fn lock_of(folder: &Folder, level: u8) -> Result<Lock> {
    let writer = match level {
        0 => Writer::Stack,
        1 => Writer::Bronze,
        2 => Writer::Silver,
        3 => Writer::Features,
        _ => Writer::Models,
    };
    folder.lock(writer, "strata down --erase")
}

fn bytes_below(path: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(path).with_context(|| format!("cannot read `{}`", path.display()))? {
        let entry = entry?;
        let kind = entry.file_type()?;
        bytes += if kind.is_dir() { bytes_below(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
