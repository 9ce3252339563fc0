//! Appends records to the objects of one log, exactly once however often it is begun anew.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use strata_objects::{Objects, Put};
use strata_types::{PARTITIONS, PatientId, Timestamp, Topic};
use tokio::sync::mpsc;

use crate::manifest::{Availability, Draft, Manifest, manifest_name};
use crate::{Beginning, Bronze, Error};

/// The level of zstd: the fastest that still halves what level 1 of others needs.
const COMPRESSION: i32 = 1;

/// Opens a log for writing: what is committed already will be skipped, record by record.
///
/// The two halves run side by side: [`Writer`] takes records on a blocking thread, [`Flusher`] puts
/// full objects; between them wait at most two objects, so memory is bounded.
pub async fn open(
    objects: Objects,
    log: &str,
    availability: Availability,
    now: Timestamp,
    object_bytes: usize,
) -> Result<(Writer, Flusher), Error> {
    let mut committed = HashMap::new();
    for topic in Topic::ALL {
        let ends = Bronze::new(objects.clone()).ends(topic, log, Beginning::Whole).await?;
        committed.extend(ends.into_iter().map(|(partition, end)| ((topic, partition), end)));
    }
    let (sender, receiver) = mpsc::channel(2);
    let writer =
        Writer { drafts: BTreeMap::new(), next: HashMap::new(), committed, now, object_bytes, sender, skipped: 0 };
    Ok((writer, Flusher { objects, log: log.into(), availability, receiver }))
}

/// Takes the records of one log.
#[derive(Debug)]
pub struct Writer {
    drafts: BTreeMap<(Topic, u8), Draft>,
    next: HashMap<(Topic, u8), u64>,
    committed: HashMap<(Topic, u8), u64>,
    now: Timestamp,
    object_bytes: usize,
    sender: mpsc::Sender<Draft>,
    skipped: u64,
}

impl Writer {
    /// Appends one record; blocks while the flusher is behind. Not for async code.
    pub fn append(
        &mut self,
        topic: Topic,
        patient_id: &PatientId,
        arrived_at: Option<Timestamp>,
        line: &[u8],
    ) -> Result<(), Error> {
        if line.contains(&b'\n') {
            return Err(Error::LineBreak(topic));
        }
        let partition = patient_id.partition();
        let key = (topic, partition);
        let next = self.next.entry(key).or_default();
        let offset = *next;
        *next += 1;
        if offset < self.committed.get(&key).copied().unwrap_or(0) {
            self.skipped += 1;
            return Ok(());
        }
        let draft = self.drafts.entry(key).or_insert_with(|| Draft::new(topic, partition, offset));
        draft.push(line, arrived_at.unwrap_or(self.now));
        if draft.lines.len() >= self.object_bytes {
            let full = std::mem::replace(draft, Draft::new(topic, partition, offset + 1));
            self.sender.blocking_send(full).map_err(|_| Error::Closed)?;
        }
        Ok(())
    }

    /// Hands over what is left; gives the number of records that were committed before.
    pub fn finish(self) -> Result<u64, Error> {
        for draft in self.drafts.into_values().filter(|draft| !draft.is_empty()) {
            self.sender.blocking_send(draft).map_err(|_| Error::Closed)?;
        }
        Ok(self.skipped)
    }
}

/// Puts full objects and their manifests, in the order of their offsets.
#[derive(Debug)]
pub struct Flusher {
    objects: Objects,
    log: String,
    availability: Availability,
    receiver: mpsc::Receiver<Draft>,
}

/// What was newly committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Landed {
    /// Records.
    pub records: u64,
    /// Objects.
    pub objects: u64,
    /// Bytes of the records, uncompressed.
    pub raw_bytes: u64,
    /// Bytes of the objects.
    pub stored_bytes: u64,
}

impl Flusher {
    /// Runs until the writer has finished.
    pub async fn run(mut self) -> Result<Landed, Error> {
        let mut landed = Landed::default();
        while let Some(draft) = self.receiver.recv().await {
            let packed = Packed::new(&self.log, self.availability, draft).await?;
            packed.put(&self.objects).await?;
            landed.records += packed.manifest.count;
            landed.objects += 1;
            landed.raw_bytes += packed.manifest.raw_bytes;
            landed.stored_bytes += packed.stored_bytes();
        }
        Ok(landed)
    }
}

/// An object as it will be stored, and its manifest.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) topic: Topic,
    pub(crate) manifest: Manifest,
    bytes: Bytes,
}

impl Packed {
    /// Compresses a draft, on a thread for such work.
    pub(crate) async fn new(log: &str, availability: Availability, draft: Draft) -> Result<Self, Error> {
        let name = draft.object_name(log);
        let damaged = |reason: String| Error::Damaged { name: name.clone(), reason };
        let compressing = tokio::task::spawn_blocking(move || {
            let bytes = zstd::bulk::compress(&draft.lines, COMPRESSION)?;
            let sha256 = hex(&Sha256::digest(&bytes));
            Ok::<_, std::io::Error>((draft, Bytes::from(bytes), sha256))
        });
        let compressed = compressing.await.map_err(|error| damaged(error.to_string()))?;
        let (draft, bytes, sha256) = compressed.map_err(|error| damaged(error.to_string()))?;
        Ok(Self { topic: draft.topic, manifest: draft.manifest(log, sha256, availability), bytes })
    }

    /// Bytes of the object.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Puts the object and then, as its commit, its manifest. Done again after an error it does what was left.
    pub(crate) async fn put(&self, objects: &Objects) -> Result<(), Error> {
        let Self { manifest, bytes, .. } = self;
        if objects.put_new(&manifest.object, bytes.clone()).await? == Put::Exists
            && objects.get(&manifest.object).await? != *bytes
        {
            // Left by a writer that was killed before its manifest, with other object bounds.
            objects.remove(&manifest.object).await?;
            objects.put_new(&manifest.object, bytes.clone()).await?;
        }
        let json = serde_json::to_vec(manifest)
            .map_err(|error| Error::Damaged { name: manifest.object.clone(), reason: error.to_string() })?;
        objects.put_new(&manifest_name(&manifest.object), json.into()).await?;
        Ok(())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const _: () = assert!(PARTITIONS <= 99, "object names give a partition two digits");

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    async fn write(root: &Path, records: u64, object_bytes: usize) -> (u64, Landed) {
        let objects = Objects::directory(root).unwrap();
        let opened = open(objects, "set-0123", Availability::AtEvent, Timestamp(7), object_bytes).await;
        let (mut writer, flusher) = opened.unwrap();
        let append = tokio::task::spawn_blocking(move || {
            for number in 0..records {
                let patient = format!("p{}", number % 5).parse().unwrap();
                writer.append(Topic::Labs, &patient, None, format!("{{\"n\":{number}}}").as_bytes()).unwrap();
            }
            writer.finish().unwrap()
        });
        let (skipped, landed) = tokio::join!(append, flusher.run());
        (skipped.unwrap(), landed.unwrap())
    }

    async fn read(root: &Path) -> Vec<String> {
        let bronze = Bronze::new(Objects::directory(root).unwrap());
        let mut lines = Vec::new();
        for manifest in bronze.since(Topic::Labs, &|_, _| 0).await.unwrap() {
            let read = bronze.read(&manifest).await.unwrap();
            lines.extend(read.iter().map(|line| String::from_utf8(line.to_vec()).unwrap()));
        }
        lines.sort();
        lines
    }

    /// Fault 24: each run overwrote what the runs before had written.
    #[tokio::test]
    async fn an_import_begun_anew_adds_only_what_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let first = write(folder.path(), 300, 100).await;
        assert_eq!((first.0, first.1.records), (0, 300));
        let again = write(folder.path(), 300, 100).await;
        assert_eq!((again.0, again.1.records), (300, 0));
        let more = write(folder.path(), 450, 1_000).await;
        assert_eq!((more.0, more.1.records), (300, 150));
        assert_eq!(read(folder.path()).await.len(), 450);
    }

    #[tokio::test]
    async fn an_object_without_a_manifest_does_not_exist() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), 100, 50).await;
        let objects = Objects::directory(folder.path()).unwrap();
        let names = objects.list("raw").await.unwrap();
        let last = names.iter().rfind(|name| name.contains("manifest")).unwrap();
        objects.remove(last).await.unwrap();
        assert!(read(folder.path()).await.len() < 100, "the orphan is not read");
        write(folder.path(), 100, 90).await;
        let lines = read(folder.path()).await;
        assert_eq!(lines.len(), 100, "the orphan was replaced, nothing doubled");
    }
}
