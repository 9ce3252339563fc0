//! Reads bronze: which objects are committed, and their records.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};
use strata_objects::Objects;
use strata_types::{Timestamp, Topic};

use crate::manifest::{Manifest, manifest_name, object_name, parse_name};
use crate::writer::hex;
use crate::{Beginning, Error};

/// How many manifests are read at once.
const READERS: usize = 16;

/// The committed objects below one root.
#[derive(Clone, Debug)]
pub struct Bronze {
    objects: Objects,
}

impl Bronze {
    /// Bronze in these objects.
    pub fn new(objects: Objects) -> Self {
        Self { objects }
    }

    /// Where it lies, as a URL by which another process finds it.
    pub fn location(&self) -> String {
        self.objects.location()
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }

    /// The logs of a topic, with their partitions.
    pub async fn logs(&self, topic: Topic) -> Result<BTreeSet<(String, u8)>, Error> {
        let names = self.objects.list(&format!("raw/{topic}")).await?;
        let parsed = names.iter().filter_map(|name| parse_name(name));
        Ok(parsed.map(|(log, partition, _)| (log.to_owned(), partition)).collect())
    }

    /// The committed objects of a topic that start at or after `from(log, partition)`, by log,
    /// partition and offset.
    pub async fn since(&self, topic: Topic, from: &(dyn Fn(&str, u8) -> u64 + Sync)) -> Result<Vec<Manifest>, Error> {
        let names = self.objects.list(&format!("raw/{topic}")).await?;
        let wanted = names
            .into_iter()
            .filter(|name| parse_name(name).is_some_and(|(log, partition, offset)| offset >= from(log, partition)));
        let reads = stream::iter(wanted).map(|name| async move { self.manifest(&name).await });
        let mut manifests: Vec<Manifest> = reads.buffered(READERS).try_collect().await?;
        manifests.sort_by(|a, b| (&a.log, a.partition, a.first_offset).cmp(&(&b.log, b.partition, b.first_offset)));
        Ok(manifests)
    }

    /// The object that begins at `offset`, if it is committed and its first record was logged in the hour of one of
    /// these times. Lists nothing.
    pub async fn at(
        &self,
        topic: Topic,
        log: &str,
        partition: u8,
        offset: u64,
        logged: &[Timestamp],
    ) -> Result<Option<Manifest>, Error> {
        let objects: BTreeSet<String> =
            logged.iter().map(|logged| object_name(topic, log, partition, offset, *logged)).collect();
        for object in objects {
            let name = manifest_name(&object);
            if let Some(bytes) = self.objects.find(&name).await? {
                return read_manifest(&name, &bytes).map(Some);
            }
        }
        Ok(None)
    }

    /// The committed objects that hold these records, each given by its log, partition and offset. Lists the topic.
    pub async fn holding(&self, topic: Topic, records: &BTreeSet<(String, u8, u64)>) -> Result<Vec<Manifest>, Error> {
        let names = self.objects.list(&format!("raw/{topic}")).await?;
        let begin = names.iter().filter_map(|name| {
            let (log, partition, offset) = parse_name(name)?;
            Some(((log.to_owned(), partition, offset), name))
        });
        let begin: BTreeMap<(String, u8, u64), &String> = begin.collect();
        let holds = |record: &(String, u8, u64)| {
            let (first, name) = begin.range(..=record).next_back()?;
            (first.0 == record.0 && first.1 == record.1).then(|| (*name).clone())
        };
        let wanted: BTreeSet<String> = records.iter().filter_map(holds).collect();
        let reads = stream::iter(wanted).map(|name| async move { self.manifest(&name).await });
        reads.buffered(READERS).try_collect().await
    }

    /// The records of an object, checked against its manifest.
    pub async fn read(&self, manifest: &Manifest) -> Result<Lines, Error> {
        let bytes = self.objects.get(&manifest.object).await?;
        let damaged = |reason: &str| Error::Damaged { name: manifest.object.clone(), reason: reason.into() };
        if hex(&Sha256::digest(&bytes)) != manifest.sha256 {
            return Err(damaged("its bytes are not those of its manifest"));
        }
        let raw =
            zstd::bulk::decompress(&bytes, manifest.raw_bytes as usize).map_err(|error| damaged(&error.to_string()))?;
        Ok(Lines(raw))
    }

    /// The end offset of each partition of a log, as far as its objects follow on each other from its beginning.
    pub async fn ends(&self, topic: Topic, log: &str, beginning: Beginning) -> Result<HashMap<u8, u64>, Error> {
        let mut ends: HashMap<u8, u64> = HashMap::new();
        let all_of_log = |other: &str, _| if other == log { 0 } else { u64::MAX };
        for manifest in self.since(topic, &all_of_log).await? {
            let first = match beginning {
                // An object without records says where the log begins since what was before was erased.
                Beginning::Whole if manifest.count > 0 => 0,
                _ => manifest.first_offset,
            };
            let end = ends.entry(manifest.partition).or_insert(first);
            if manifest.first_offset == *end {
                *end = manifest.end_offset();
            }
        }
        Ok(ends)
    }

    async fn manifest(&self, name: &str) -> Result<Manifest, Error> {
        read_manifest(name, &self.objects.get(name).await?)
    }
}

fn read_manifest(name: &str, bytes: &[u8]) -> Result<Manifest, Error> {
    let damaged = |reason: String| Error::Damaged { name: name.into(), reason };
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| damaged(error.to_string()))?;
    if manifest_name(&manifest.object) == name {
        Ok(manifest)
    } else {
        Err(damaged(format!("it speaks of `{}`", manifest.object)))
    }
}

/// The records of one object.
#[derive(Debug)]
pub struct Lines(Vec<u8>);

impl Lines {
    /// Each record, without its line break.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split_inclusive(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
    }
}
