//! A topic: a name, what it is set to, and its partitions.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Settings;
use super::partition::Partition;
use super::store::LogSettings;
use super::store::log::OpenError;

/// Written last when a topic is created: a folder without it is no topic.
const DESCRIPTION: &str = "topic.json";

/// A topic.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) id: Uuid,
    pub(crate) partitions: Vec<Arc<Partition>>,
    pub(crate) config: TopicConfig,
}

/// What a topic is set to, where it differs from the broker's settings. Names and meanings are Kafka's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicConfig {
    /// `retention.ms`: records older than so many milliseconds may go; -1: none for its age.
    pub retention_ms: Option<i64>,
    /// `retention.bytes`: what is beyond so many bytes in a partition may go; -1: none for its size.
    pub retention_bytes: Option<i64>,
    /// `segment.bytes`.
    pub segment_bytes: Option<u64>,
    /// `message.timestamp.type`: whether records keep their sender's time (`CreateTime`) instead of getting the log's.
    pub create_time: bool,
    /// `cleanup.policy` is `compact`: only older records of a key might go. This broker keeps them all.
    pub compact: bool,
}

/// A setting of a topic that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {value} cannot be: {expected}")]
pub struct InvalidConfig {
    name: String,
    value: String,
    expected: &'static str,
}

impl TopicConfig {
    /// Reads Kafka's names and values; an unknown one is refused, because a setting that is ignored lies.
    pub(crate) fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidConfig> {
        let mut config = Self::default();
        for (name, value) in pairs {
            let invalid = |expected| InvalidConfig { name: name.to_owned(), value: value.to_owned(), expected };
            let number = || value.parse::<i64>().ok().filter(|number| *number >= -1);
            match name {
                "retention.ms" => config.retention_ms = Some(number().ok_or_else(|| invalid("milliseconds, or -1"))?),
                "retention.bytes" => config.retention_bytes = Some(number().ok_or_else(|| invalid("bytes, or -1"))?),
                "segment.bytes" => {
                    let bytes = number().and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes >= 1 << 14);
                    config.segment_bytes = Some(bytes.ok_or_else(|| invalid("at least 16384 bytes"))?);
                }
                "message.timestamp.type" => {
                    config.create_time = match value {
                        "CreateTime" => true,
                        "LogAppendTime" => false,
                        _ => return Err(invalid("CreateTime or LogAppendTime")),
                    };
                }
                "cleanup.policy" => {
                    config.compact = match value {
                        "compact" => true,
                        "delete" => false,
                        _ => return Err(invalid("delete or compact")),
                    };
                }
                _ => {
                    return Err(invalid(
                        "a topic's settings here are retention.ms, retention.bytes, segment.bytes, message.timestamp.type and \
                         cleanup.policy",
                    ));
                }
            }
        }
        Ok(config)
    }

    /// All settings with what they are under the broker's settings, by Kafka's names; and whether the topic sets them itself.
    pub(crate) fn effective(&self, settings: &Settings) -> Vec<(&'static str, String, bool)> {
        let or_none = |value: Option<i64>| value.unwrap_or(-1).to_string();
        let time = if self.create_time { "CreateTime" } else { "LogAppendTime" };
        let policy = if self.compact { "compact" } else { "delete" };
        vec![
            ("cleanup.policy", policy.to_owned(), self.compact),
            ("compression.type", "producer".to_owned(), false),
            ("max.message.bytes", settings.batch_bytes.to_string(), false),
            ("message.timestamp.type", time.to_owned(), self.create_time),
            ("min.insync.replicas", "1".to_owned(), false),
            (
                "retention.bytes",
                or_none(self.keep_bytes(settings).map(|bytes| bytes as i64)),
                self.retention_bytes.is_some(),
            ),
            ("retention.ms", or_none(self.keep_ms(settings)), self.retention_ms.is_some()),
            ("segment.bytes", self.log(settings).segment_bytes.to_string(), self.segment_bytes.is_some()),
        ]
    }

    /// Bytes that a partition keeps; `None`: all.
    pub(crate) fn keep_bytes(&self, settings: &Settings) -> Option<u64> {
        if self.compact {
            return None;
        }
        self.retention_bytes.map_or(settings.retention_bytes, |bytes| u64::try_from(bytes).ok())
    }

    /// Milliseconds that records are kept; `None`: for ever.
    pub(crate) fn keep_ms(&self, settings: &Settings) -> Option<i64> {
        if self.compact {
            return None;
        }
        let default = settings.retention.map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX));
        self.retention_ms.map_or(default, |ms| (ms >= 0).then_some(ms))
    }

    fn log(&self, settings: &Settings) -> LogSettings {
        let segment_bytes = self.segment_bytes.unwrap_or(settings.segment_bytes);
        LogSettings { segment_bytes, log_time: !self.create_time }
    }

    fn own(&self) -> BTreeMap<String, String> {
        let effective = self.effective(&Settings::default()).into_iter();
        effective.filter(|(_, _, own)| *own).map(|(name, value, _)| (name.to_owned(), value)).collect()
    }
}

/// What lies in a topic's folder beside its partitions.
#[derive(Debug, Deserialize, Serialize)]
struct Description {
    id: Uuid,
    partitions: i32,
    config: BTreeMap<String, String>,
}

impl Topic {
    /// Whether a name is one that Kafka allows.
    pub(crate) fn is_name(name: &str) -> bool {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        (1..=249).contains(&name.len()) && name.bytes().all(allowed) && name != "." && name != ".."
    }

    /// Creates it in its folder; there whole or not at all.
    pub(crate) fn create(
        folder: &Path,
        partitions: i32,
        config: TopicConfig,
        settings: &Settings,
    ) -> Result<Self, OpenError> {
        let id = Uuid::new_v4();
        let topic = Self::with_partitions(folder, id, partitions, config, settings)?;
        let description = Description { id, partitions, config: topic.config.own() };
        let text = serde_json::to_vec_pretty(&description).expect("names and numbers are JSON");
        let written = write_whole(&folder.join(DESCRIPTION), &text).and_then(|()| sync_entry(folder));
        written.map_err(|source| OpenError::Io { path: folder.to_owned(), source })?;
        Ok(topic)
    }

    /// Opens it; `None` if its creation was not finished.
    pub(crate) fn open(folder: &Path, settings: &Settings) -> Result<Option<Self>, OpenError> {
        let path = folder.join(DESCRIPTION);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !holds_records(folder) => return Ok(None),
            Err(source) => return Err(OpenError::Io { path, source }),
        };
        let damaged = |what: String| OpenError::Damaged { path: path.clone(), what };
        let description: Description = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        let pairs = description.config.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let config = TopicConfig::parse(pairs).map_err(|error| damaged(error.to_string()))?;
        Self::with_partitions(folder, description.id, description.partitions, config, settings).map(Some)
    }

    /// Takes its name away from it, so that it is gone whatever happens next; then its data.
    pub(crate) fn delete(folder: &Path, id: Uuid) -> io::Result<()> {
        let grave: PathBuf = folder.with_file_name(format!("{}{id}", super::DELETED));
        fs::rename(folder, &grave)?;
        fs::remove_dir_all(grave)
    }

    fn with_partitions(
        folder: &Path,
        id: Uuid,
        partitions: i32,
        config: TopicConfig,
        settings: &Settings,
    ) -> Result<Self, OpenError> {
        let log = config.log(settings);
        let open = |number: i32| Partition::open(&folder.join(number.to_string()), log).map(Arc::new);
        Ok(Self { id, partitions: (0..partitions).map(open).collect::<Result<_, _>>()?, config })
    }
}

/// Whether a folder without description has records all the same: then the description was lost.
fn holds_records(folder: &Path) -> bool {
    let files = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let holds = |file: fs::DirEntry| file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > 0);
    files(folder).any(|partition| files(&partition.path()).any(holds))
}

/// Makes a folder's own name durable.
pub(crate) fn sync_entry(folder: &Path) -> io::Result<()> {
    folder.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// Writes a small file whole or not at all, durably.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(temporary, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_kept_and_what_is_unknown_is_refused() {
        let config = TopicConfig::parse([("retention.ms", "1000"), ("cleanup.policy", "delete")]).unwrap();
        assert_eq!(config.keep_ms(&Settings::default()), Some(1000));
        let own = config.own();
        assert_eq!(TopicConfig::parse(own.iter().map(|(n, v)| (n.as_str(), v.as_str()))).unwrap(), config);
        for (name, value) in [("retention.ms", "-2"), ("segment.bytes", "1"), ("retention.hours", "1")] {
            assert!(TopicConfig::parse([(name, value)]).unwrap_err().to_string().contains(name));
        }
        let compact = TopicConfig::parse([("cleanup.policy", "compact"), ("retention.ms", "1")]).unwrap();
        assert_eq!(compact.keep_ms(&Settings::default()), None);
    }

    #[test]
    fn names_are_kafkas() {
        assert!(["patient-vitals", "a.b_c-D9", "patient-vitals.dlq"].iter().all(|name| Topic::is_name(name)));
        let long = "x".repeat(250);
        assert!(["", ".", "..", "a/b", "a b", "é", &long].iter().all(|name| !Topic::is_name(name)));
    }
}
