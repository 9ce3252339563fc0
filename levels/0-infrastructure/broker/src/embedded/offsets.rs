//! Committed offsets of consumer groups, durable before they are acknowledged.
//!
//! They lie in a log of the broker's own, one record per commit, rewritten from what is in memory when it has grown. Each
//! commit names its topics and partitions: there is no commit of "everything" (fault 14).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::flusher::Flusher;
use super::partition::{Partition, Unwritten};
use super::store::batch::{Header, only_value};
use super::store::log::OpenError;
use super::store::{Batch, LogSettings};

/// Bytes of log after which it is rewritten.
const REWRITE_AFTER: u64 = 4 << 20;

/// Where a group is in a partition.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Committed {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    /// The next offset to read; -1: forgotten.
    pub(crate) offset: i64,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) metadata: String,
}

/// One record of the log.
#[derive(Debug, Deserialize, Serialize)]
struct Commit {
    group: String,
    offsets: Vec<Committed>,
}

type Known = BTreeMap<String, BTreeMap<(String, i32), Committed>>;

/// The committed offsets of all groups.
#[derive(Debug)]
pub(crate) struct Offsets {
    log: Arc<Partition>,
    known: Mutex<Known>,
    rewrite_after: u64,
}

impl Offsets {
    pub(crate) fn open(folder: &Path) -> Result<Self, OpenError> {
        Self::open_rewriting(folder, REWRITE_AFTER)
    }

    fn open_rewriting(folder: &Path, rewrite_after: u64) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: folder.to_owned(), source };
        let log = Partition::open(folder, LogSettings { segment_bytes: u64::MAX, log_time: true })?;
        let (mut known, mut offset) = (Known::new(), log.start());
        while offset < log.end() {
            let mut batches = log.read(offset, 1 << 20).map_err(io)?;
            while let Ok(header) = Header::read(&batches) {
                let batch = batches.split_to(header.size);
                if let Some(commit) = only_value(&batch).and_then(|value| serde_json::from_slice(&value).ok()) {
                    note(&mut known, commit);
                }
                offset = header.next_offset();
            }
        }
        Ok(Self { log: Arc::new(log), known: Mutex::new(known), rewrite_after })
    }

    /// Commits; durable when this returns.
    pub(crate) async fn commit(
        self: &Arc<Self>,
        group: &str,
        offsets: Vec<Committed>,
        now_ms: i64,
        flusher: &Flusher,
    ) -> Result<(), Unwritten> {
        let (this, commit) = (Arc::clone(self), Commit { group: group.to_owned(), offsets });
        let appended = tokio::task::spawn_blocking(move || {
            let mut known = this.known();
            if this.log.bytes() > this.rewrite_after {
                let live: Vec<_> =
                    known.iter().map(|(group, offsets)| batch(group, offsets.values().cloned().collect())).collect();
                this.log.rewrite(|log| {
                    live.into_iter().try_for_each(|mut batch| log.append(&mut batch, now_ms).map(drop))
                })?;
            }
            let appended = this.log.append(&mut batch(&commit.group, commit.offsets.clone()), now_ms)?;
            note(&mut known, commit);
            Ok::<_, Unwritten>(appended)
        });
        let appended = appended.await.map_err(|error| Unwritten::Failed(error.to_string().into()))??;
        flusher.submit(&self.log);
        self.log.durable_to(appended.next_offset).await
    }

    /// Where a group is in a partition.
    pub(crate) fn of(&self, group: &str, topic: &str, partition: i32) -> Option<Committed> {
        self.known().get(group)?.get(&(topic.to_owned(), partition)).cloned()
    }

    /// Where a group is in all partitions that it has committed.
    pub(crate) fn all_of(&self, group: &str) -> Vec<Committed> {
        self.known().get(group).into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// All groups that have committed.
    pub(crate) fn groups(&self) -> Vec<String> {
        self.known().keys().cloned().collect()
    }

    /// Forgets a topic that is deleted: its namesake begins anew.
    pub(crate) async fn forget_topic(
        self: &Arc<Self>,
        topic: &str,
        now_ms: i64,
        flusher: &Flusher,
    ) -> Result<(), Unwritten> {
        let mut gone: BTreeMap<String, Vec<Committed>> = BTreeMap::new();
        for (group, offsets) in &*self.known() {
            for committed in offsets.values().filter(|committed| committed.topic == topic) {
                gone.entry(group.clone()).or_default().push(Committed { offset: -1, ..committed.clone() });
            }
        }
        for (group, offsets) in gone {
            self.commit(&group, offsets, now_ms, flusher).await?;
        }
        Ok(())
    }

    /// Its log, to be closed.
    pub(crate) fn log(&self) -> &Arc<Partition> {
        &self.log
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn note(known: &mut Known, commit: Commit) {
    let offsets = known.entry(commit.group.clone()).or_default();
    for committed in commit.offsets {
        let key = (committed.topic.clone(), committed.partition);
        if committed.offset < 0 {
            offsets.remove(&key)
        } else {
            offsets.insert(key, committed)
        };
    }
    if offsets.is_empty() {
        known.remove(&commit.group);
    }
}

fn batch(group: &str, offsets: Vec<Committed>) -> Batch {
    let commit = Commit { group: group.to_owned(), offsets };
    Batch::of_one(&serde_json::to_vec(&commit).expect("names and numbers are JSON"), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(topic: &str, partition: i32, offset: i64) -> Committed {
        Committed { topic: topic.to_owned(), partition, offset, metadata: String::new() }
    }

    #[tokio::test]
    async fn they_survive_and_the_log_of_them_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let flusher = Flusher::default();
        let offsets = Arc::new(Offsets::open_rewriting(folder.path(), 4096).unwrap());
        for offset in 0..200 {
            offsets.commit("landing", vec![committed("vitals", 3, offset)], offset, &flusher).await.unwrap();
        }
        offsets.commit("other", vec![committed("vitals", 3, 1), committed("labs", 0, 2)], 0, &flusher).await.unwrap();
        offsets.forget_topic("labs", 0, &flusher).await.unwrap();
        assert!(offsets.log.bytes() < 8192, "{} bytes", offsets.log.bytes());
        drop(offsets);
        let offsets = Offsets::open(folder.path()).unwrap();
        assert_eq!(offsets.of("landing", "vitals", 3).unwrap().offset, 199);
        assert_eq!(offsets.all_of("other"), [committed("vitals", 3, 1)]);
        assert_eq!(offsets.groups(), ["landing", "other"]);
    }

    /// Fault 14: flushing one topic commits the offsets of all topics.
    #[tokio::test]
    async fn a_commit_moves_what_it_names_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let flusher = Flusher::default();
        let offsets = Arc::new(Offsets::open(folder.path()).unwrap());
        let both = vec![committed("vitals", 0, 10), committed("labs", 0, 10), committed("vitals", 1, 10)];
        offsets.commit("landing", both, 0, &flusher).await.unwrap();
        offsets.commit("landing", vec![committed("vitals", 0, 20)], 0, &flusher).await.unwrap();
        let at = |topic, partition| offsets.of("landing", topic, partition).unwrap().offset;
        assert_eq!((at("vitals", 0), at("vitals", 1), at("labs", 0)), (20, 10, 10));
    }
}
